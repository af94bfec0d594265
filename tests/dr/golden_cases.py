"""A report for every blocker, and for moves both ways: what the golden files are made of.

Run as a module to write the files anew after a wanted change of the words: `python -m tests.dr.golden_cases`. A test
fails while files and words differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from azure.core.exceptions import ServiceRequestError

from dr.deletions import Deletion
from dr.gate_blockers import told_by_each, with_rule
from dr.rendering import rendered
from dr.report import Report
from executor.address_checks import taken_in
from executor.landing_checks import of_part, parts_of
from executor.name_checks import name_taken
from executor.rooms import Rooms
from executor.subnet_room import claimed
from lifecycle.blockers import Blocker, Code
from lifecycle.declared import Declared
from lifecycle.directions import Direction
from lifecycle.estimates import Finished
from lifecycle.impact import impact_of, standing_facts, standing_line
from lifecycle.impact_text import impact_text
from lifecycle.intent import Decision, Intent, decide
from lifecycle.machine import Card, Disk, Landing, Machine
from lifecycle.observation import HealthError, Observation, Operation, Owner, PowerState, RecoveryPoint
from lifecycle.options import Commit, FailoverMode, MoveOptions, Window
from lifecycle.permits import Approval, Attestation, Permits, Waiver
from lifecycle.planner import plan
from lifecycle.requirements import requirement_blockers_of, unmet
from lifecycle.stack_limits import frozen, of_the_whole
from lifecycle.stages import WORDS, stage_of
from lifecycle.unseen import Unseen
from lifecycle.verdict import assess
from providers.direction_facts import first_direction, gone, not_looked_at
from site_recovery.errors import SiteRecoveryError
from site_recovery.landing_place import LandingPlace
from site_recovery.translation import translate
from tests.lifecycle import rows

GOLDEN = Path(__file__).parent / "golden"
FORMS = {"text": "txt", "markdown": "md", "json": "json"}
TO_AZURE, HOME = Direction.AZURE_TO_ON_PREMISES, Direction.ON_PREMISES_TO_AZURE

_GROUP = "/subscriptions/s/resourceGroups/contoso-dr"
_LANDING = Landing(
    name="sql01",
    size="Standard_D4s_v5",
    resource_group_id=_GROUP,
    network_id=f"{_GROUP}/providers/Microsoft.Network/virtualNetworks/contoso-vnet",
    subnet="data",
    static_ip="10.1.0.4",
    storage_account_id=f"{_GROUP}/providers/Microsoft.Storage/storageAccounts/contosodr",
    managed_disks=False,
)
# Its subnet has three addresses for machines, and somebody has two of them.
_NETWORK = LandingPlace(
    there=True,
    subnets={"data": ("10.1.0.0/29",)},
    taken={"data": 2},
    holders={"data": {"10.1.0.4": "networkInterfaces printer", "10.1.0.5": "networkInterfaces scanner"}},
)
_MORE_CARDS = (
    Card("address 2 of card 1", _LANDING.network_id, "data", "10.1.0.5"),
    Card("network card 2", _LANDING.network_id, "backup"),
    Card("network card 3", made=False),
)
_POINTS = (
    RecoveryPoint("p3", rows.NOW - timedelta(minutes=4), app_consistent=False),
    RecoveryPoint("p2", rows.NOW - timedelta(minutes=9), app_consistent=False),
    RecoveryPoint("p1", rows.NOW - timedelta(hours=3), app_consistent=True),
)
_LIVING: dict[str, Any] = {
    "provider_connected": True,
    "provider_last_heartbeat": rows.NOW,
    "last_replicated": rows.NOW - timedelta(minutes=4),
    "last_test_failover": rows.NOW - timedelta(days=20),
    "last_failover": rows.NOW - timedelta(days=2),
    "landing": _LANDING,
    "azure_vm_name": "sql01",
    "managed_disks": False,
    "replication_health": "Normal",
}
HERE = replace(rows.PROTECTED, **_LIVING, recovery_points=_POINTS)
AWAY = replace(rows.PROTECTED_IN_AZURE, **_LIVING, last_failover_job="j0")
_DIED = rows.NOW - timedelta(hours=2)
DEAD = replace(
    HERE,
    provider_connected=False,
    provider_last_heartbeat=_DIED,
    last_replicated=_DIED - timedelta(minutes=6),
    recovery_points=tuple(replace(point, time=point.time - timedelta(hours=2, minutes=2)) for point in _POINTS),
)
_UNREAD = replace(
    HERE, provider_connected=None, provider_last_heartbeat=None, provider_unread="Azure Site Recovery did not answer."
)
_LEFT_RUNNING = replace(
    rows.COMMIT_PENDING,
    brought_here=replace(rows.job("UnplannedFailover", state="Succeeded"), source_shutdown="Failed"),
    last_failover_job="j1",
)
_LOST = replace(rows.FAILBACK_COMMIT_PENDING, provider_connected=False, provider_last_heartbeat=_DIED)
_NETWORK_UNREAD = Unseen(
    "whether the network contoso-vnet, in which sql01 is to start, is in Azure, with its subnet",
    "the identity may not read it (Azure answers 403)",
    "let the identity read it (Microsoft.Network/virtualNetworks/read), or look at it in Azure",
)
_OFF = rows.NOW + timedelta(days=1)
STATED = Permits(
    attestations=(Attestation("noCheckpoints", "Ada", _OFF), Attestation("sourceOff", "Ada", _OFF)),
)
PLANNED = MoveOptions(failover_commit=Commit.AUTOMATIC, failback_commit=Commit.AUTOMATIC)
UNPLANNED = replace(PLANNED, mode=FailoverMode.UNPLANNED)
_VAULTS_OWN = (
    Finished("UnplannedFailover", 212.0),
    Finished("UnplannedFailover", 305.0),
    Finished("CommitFailover", 2.0),
)


def move(
    seen: Observation,
    goal: Direction,
    options: MoveOptions = PLANNED,
    permits: Permits = STATED,
    *,
    found: Iterable[Blocker] = (),
    unseen: Iterable[Unseen] = (),
    finished: Iterable[Finished] = (),
) -> Report:
    """The report of a stack in which sql01 would move and app01 stays."""
    declared = Declared(options, permits)
    due = plan(seen, goal, options)
    assessment = assess(seen, due, declared, found, unseen)
    impact = impact_of(seen, due, declared, assessment, finished)
    facts = {**impact.as_facts(), "text": impact_text(impact)}
    verdict = assessment.verdict.value
    return _report(verdict, facts, [blocker.as_input() for blocker in assessment.blockers])


def unseen(blocker: Blocker) -> Report:
    """The report of a stack in which sql01 could not be looked at."""
    facts = {"vm": "sql01", "direction": TO_AZURE.value, "decision": "unseen", "blockers": [blocker.as_input()]}
    return _report("BLOCKED", facts, [blocker.as_input()])


def first_time() -> Report:
    """The report of a stack that declares sql01 for the first time, and elsewhere than it runs."""
    intent = decide(HERE, TO_AZURE, None, PLANNED)
    assert intent.decision is Decision.HELD
    blocker = first_direction("sql01", intent.why).as_input()
    return _report("BLOCKED", {**_standing(HERE, intent), "blockers": [blocker]}, [blocker])


def stack_wide(other: Direction, most: int) -> Report:
    """The report of a stack in which sql01 is free by itself, and blocked by what web01 would do in the same `up`."""
    (blocker,) = of_the_whole([("web01", other), ("sql01", TO_AZURE)], most)
    free, rows_of_the_gate = move(HERE, TO_AZURE), (with_rule(blocker.as_input()),)
    vms = told_by_each(free.vms, rows_of_the_gate)
    return replace(free, verdict="BLOCKED", vms=vms, blockers=rows_of_the_gate, failed=True)


def cases() -> Mapping[str, Report]:
    """Reports by name. One is named after each code of a blocker."""
    # Of a colleague, who has chosen a point of two hours before.
    by_hand = rows.job("UnplannedFailover", state="Succeeded", owner=Owner.SOMEBODY_ELSE)
    theirs = replace(by_hand, point_id="old", point_time=rows.NOW - timedelta(hours=2))
    stranger = replace(rows.COMMIT_PENDING, brought_here=theirs)
    deaf = replace(rows.job("UnplannedFailover", state="Succeeded"), source_shutdown="Failed")
    left_on = replace(rows.COMMIT_PENDING, brought_here=deaf)
    errors = (HealthError("70094", "Error", "Replication of 'sql01' has stopped."),)
    late = replace(UNPLANNED, max_data_loss_minutes=15)
    closed = Window(rows.NOW - timedelta(hours=5), rows.NOW - timedelta(hours=1))
    approved = replace(STATED, require_approval=True)
    blocked: dict[Code, Report] = {
        Code.NOT_FOUND: unseen(not_looked_at("sql01", gone("sql01", rows.ITEM))),
        Code.NOT_PROTECTED: move(rows.ENABLING, TO_AZURE),
        Code.TEST_FAILOVER_ACTIVE: move(rows.TEST_FAILOVER, TO_AZURE),
        Code.JOB_RUNNING: move(rows.BUSY, TO_AZURE),
        Code.SETTLING: move(rows.PASSING, TO_AZURE),
        Code.UNFINISHED_MOVE: move(rows.COMMIT_PENDING, HOME),
        Code.NOT_OURS: move(stranger, TO_AZURE),
        Code.BOTH_RUNNING: move(rows.BOTH_RUNNING, TO_AZURE),
        Code.NEITHER_RUNNING: move(rows.NEITHER_RUNNING, HOME),
        Code.UNKNOWN_STATE: move(rows.STRANGE, HOME),
        Code.UNREACHABLE: unseen(not_looked_at("sql01", _unreachable())),
        Code.FIRST_DIRECTION: first_time(),
        Code.FREEZE: move(HERE, TO_AZURE, found=frozen("sql01", "audit week")),
        Code.TOO_MANY_MOVES: stack_wide(TO_AZURE, 1),
        Code.BOTH_WAYS: stack_wide(HOME, 2),
        Code.WINDOW_PASSED: move(AWAY, HOME, replace(PLANNED, completion_window=closed)),
        Code.RECOVERY_POINT_GONE: move(HERE, TO_AZURE, replace(UNPLANNED, recovery_point="2026-02-27T00:00:00+00:00")),
        Code.NO_RECOVERY_POINT: move(replace(HERE, recovery_points=()), TO_AZURE),
        Code.REPLICATION_UNHEALTHY: move(
            replace(HERE, replication_health="Critical", health_errors=errors, rpo_seconds=5400), TO_AZURE
        ),
        Code.RESYNCHRONIZATION: move(
            replace(HERE, allowed=HERE.allowed | {"RepairReplication"}, health_errors=errors), TO_AZURE
        ),
        Code.PROVIDER_SILENT: move(DEAD, TO_AZURE),
        Code.COMMIT_WITHOUT_HOST: move(_LOST, HOME),
        Code.DATA_LOSS: move(HERE, TO_AZURE, replace(late, recovery_point="latestAppConsistent")),
        Code.DATA_LOSS_UNKNOWN: move(_UNREAD, TO_AZURE, replace(late, max_data_loss_minutes=1)),
        Code.AZURE_VM_NOT_SEEN: move(replace(AWAY, azure_vm_unread="the identity may not read it"), HOME),
        Code.MISSING_NETWORK: move(replace(HERE, landing=replace(_LANDING, network_id=None)), TO_AZURE),
        Code.MISSING_TARGET: move(HERE, TO_AZURE, found=_without_group("contoso-vms")),
        Code.SUBNET_FULL: move(HERE, TO_AZURE, found=_without_room(_LANDING)),
        Code.ADDRESS_TAKEN: move(HERE, TO_AZURE, found=taken_in(_NETWORK, "sql01", _LANDING.cards[0], 0).blockers),
        Code.NAME_TAKEN: move(HERE, TO_AZURE, found=[name_taken("sql01", _LANDING)]),
        Code.MISSING_STORAGE: move(replace(HERE, landing=replace(_LANDING, storage_account_id=None)), TO_AZURE),
        Code.REQUIREMENT: move(HERE, TO_AZURE, found=_unmet(HERE)),
        Code.MANAGED_DISKS: move(replace(AWAY, managed_disks=True), HOME),
        Code.ATTESTATION: move(HERE, TO_AZURE, permits=Permits(require_attestations=True)),
        Code.APPROVAL: move(HERE, TO_AZURE, permits=approved),
        Code.OPERATION_NOT_OFFERED: move(replace(HERE, allowed=HERE.allowed - {Operation.PLANNED_FAILOVER}), TO_AZURE),
    }
    waived = replace(STATED, waivers=(Waiver("maxDataLoss", "the site is gone", _OFF),))
    return {
        **{f"blocked-{code.value}": report for code, report in blocked.items()},
        "to-azure-planned": move(HERE, TO_AZURE),
        "to-azure-unplanned": move(HERE, TO_AZURE, UNPLANNED, Permits(), finished=_VAULTS_OWN),
        "to-azure-dead-site": move(DEAD, TO_AZURE, late),
        "to-azure-not-shut-down": move(_LEFT_RUNNING, TO_AZURE, UNPLANNED),
        "to-azure-unread": move(_UNREAD, TO_AZURE, UNPLANNED, unseen=[_NETWORK_UNREAD]),
        "to-azure-many-cards": move(replace(HERE, landing=replace(_LANDING, more_cards=_MORE_CARDS)), TO_AZURE),
        "safety-copy-started": move(replace(_LOST, azure_vm_power=PowerState.RUNNING), HOME),
        "to-azure-waived": move(HERE, TO_AZURE, replace(late, recovery_point="latestAppConsistent"), waived),
        "to-azure-approved": move(HERE, TO_AZURE, permits=_approved(HERE)),
        "to-azure-waiting": move(rows.COMMIT_PENDING, TO_AZURE, replace(UNPLANNED, failover_commit=Commit.MANUAL)),
        "to-azure-source-left-on": move(
            left_on, TO_AZURE, replace(UNPLANNED, failover_commit=Commit.MANUAL), Permits()
        ),
        "home": move(AWAY, HOME),
        "home-completing": move(replace(rows.COMPLETING_FAILBACK, provider_connected=True), HOME),
        "home-by-hand": move(AWAY, HOME, MoveOptions(completion=Commit.MANUAL)),
        "home-commit-pending": move(_at_home(rows.FAILBACK_COMMIT_PENDING), HOME),
        "home-committed": move(_at_home(rows.FAILED_BACK), HOME),
        "to-azure-committed": move(replace(rows.COMMITTED_TUTORIAL, **_LIVING), TO_AZURE),
        "held": _report(None, _held(stranger, HOME)),
        "held-as-neither-runs": _report(None, _held(rows.NEITHER_RUNNING, TO_AZURE)),
        "unchanged": _report(None),
        "deletes": replace(_report(None), changes={"same": 17, "delete": 3}, deletions=_DELETIONS),
    }


_DELETIONS = (
    Deletion("sql01", "protection of sql01", "its protection ends"),
    Deletion("", "VirtualNetwork contoso-vnet", "it is deleted in Azure"),
)


def _at_home(seen: Observation) -> Observation:
    """Brought home after 60 days in Azure."""
    return replace(seen, **{**_LIVING, "last_failover": rows.NOW - timedelta(days=60)})


def _held(seen: Observation, declared: Direction) -> Mapping[str, Any]:
    """A VM whose direction is declared as it was applied."""
    return _standing(seen, decide(seen, declared, declared, PLANNED))


def _standing(seen: Observation, intent: Intent) -> Mapping[str, Any]:
    stage, words = intent.plan.stage, WORDS[intent.plan.stage]
    line = standing_line(seen, Declared(PLANNED), words)
    return {**standing_facts(seen, intent.decision.value, stage.value, words, line), "why": intent.why}


def _without_group(name: str) -> Sequence[Blocker]:
    landing = replace(_LANDING, resource_group_id=f"/subscriptions/s/resourceGroups/{name}")
    return of_part(LandingPlace(there=False), "sql01", parts_of(landing)[0]).blockers


def _unmet(seen: Observation) -> list[Blocker]:
    """As the check before a failover finds it: a VM with one data disk too many."""
    disks = [Disk("os.vhdx", operating_system=True, size_mb=65536)]
    disks += [Disk(f"data{number}.vhdx", operating_system=False, size_mb=1024) for number in range(17)]
    assert seen.landing is not None
    return requirement_blockers_of(seen.vm, unmet(Machine("sql01", "Windows", 2, tuple(disks)), seen.landing))


def _unreachable() -> SiteRecoveryError:
    """As the client says it of a service that it does not reach."""
    return translate(ServiceRequestError("Connection refused"), "Listing the protected items.", changes=False)


def _without_room(landing: Landing) -> list[Blocker]:
    """Another VM has claimed the last address of the subnet."""
    card, rooms = landing.cards[0], Rooms()
    assert not list(claimed(rooms, _NETWORK, "app01", card, 0))
    return list(claimed(rooms, _NETWORK, "sql01", card, 0))


def _approved(seen: Observation) -> Permits:
    digest = str(move(seen, TO_AZURE).moving[0]["approval"]["digest"])
    return replace(STATED, require_approval=True, approvals=(Approval(digest, "Ada", _OFF),))


def _report(
    verdict: str | None, facts: Mapping[str, Any] | None = None, blockers: Iterable[Mapping[str, str]] = ()
) -> Report:
    quiet = replace(HERE, vm="app01")
    words = WORDS[stage_of(quiet)]
    line = standing_line(quiet, Declared(PLANNED), words)
    standing = {**standing_facts(quiet, "nothing", stage_of(quiet).value, words, line), "why": ""}
    vms = (standing, facts) if facts else (standing,)
    changes = {"same": 19, "update": 1} if facts else {"same": 20}
    kept = tuple(with_rule(blocker) for blocker in blockers)
    return Report("prod", verdict, told_by_each(vms, kept), kept, changes, (), failed=bool(kept))


def write_all() -> None:
    """Writes every golden file anew, and removes those of no case."""
    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.iterdir():
        old.unlink()
    for name, report in cases().items():
        for form, suffix in FORMS.items():
            (GOLDEN / f"{name}.{suffix}").write_text(rendered(report, form), encoding="utf-8")


if __name__ == "__main__":
    write_all()
