"""Reads of a vault with 1,000 protected items, beside a bare Starlette endpoint that answers as many bytes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load import reads_a_second
from benchmarks.rows import Measured, row
from benchmarks.serving import Served, bare_endpoint, simulator
from benchmarks.vaults import Estate, prepare, write_inventory

ITEMS = 1000
SECONDS = 4.0
ROUNDS = 3
MORE_JOBS = 3000


@row("item-reads")
def item_reads() -> Measured:
    """Reads of one item a second, with 1,000 items in the vault."""
    with _full_vault() as estate:
        return _beside_bare(estate.served, estate.item("vm0500"), "reads/s")


@row("list-1000")
def list_1000() -> Measured:
    """Lists of 1,000 items a second."""
    with _full_vault() as estate:
        return _beside_bare(estate.served, f"{estate.vault}/replicationProtectedItems", "lists/s")


@row("item-reads-after-jobs")
def item_reads_after_jobs() -> Measured:
    """Reads of one item a second after 3,000 more jobs have finished, held against the reads before them."""
    with _full_vault(200) as estate:
        path = estate.item("vm0100")
        before = max(reads_a_second(estate.served, path, seconds=SECONDS) for _ in range(ROUNDS))
        for number in range(MORE_JOBS):
            policy = f"{estate.vault}/replicationPolicies/other-{number % 10}"
            settings = {"instanceType": "HyperVReplicaAzure"}
            estate.served.ask("PUT", policy, {"properties": {"providerSpecificInput": settings}})
        estate.advance(60)
        after = max(reads_a_second(estate.served, path, seconds=SECONDS) for _ in range(ROUNDS))
    return Measured(after, "reads/s", f"{before:,.0f} reads/s before", after / before)


@contextmanager
def _full_vault(machines: int = ITEMS) -> Iterator[Estate]:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        inventory = write_inventory(Path(directory), machines)
        state = Path(directory) / "world.sqlite"
        with simulator("--manual-clock", "--inventory", str(inventory), "--state", str(state)) as served:
            estate = prepare(served)
            estate.protect_all()
            yield estate


def _beside_bare(served: Served, path: str, unit: str) -> Measured:
    """Rounds of both in turn, the better of each: what else the machine does at the moment hits both."""
    payload = json.dumps(served.ask("GET", path), separators=(",", ":")).encode()
    with bare_endpoint(payload) as bare:
        ours, theirs = 0.0, 0.0
        for _ in range(ROUNDS):
            ours = max(ours, reads_a_second(served, path, seconds=SECONDS))
            theirs = max(theirs, reads_a_second(bare, path, seconds=SECONDS))
    return Measured(ours, unit, f"bare endpoint, {len(payload):,} bytes: {theirs:,.0f} {unit}", ours / theirs)
