"""The one line that lets a waiting move go on, and what a text tells to type where there is no engine to type it to."""

import re
from datetime import datetime, timedelta

from lifecycle.planner import SOURCE_MAY_RUN
from lifecycle.quoting import in_a_list
from lifecycle.steps import PlannedStep

_ATTESTED_FOR = timedelta(hours=8)


def way_on(vm: str, planned: PlannedStep, at: datetime) -> str:
    """What to change for the step to be taken, which waits. `at` is the service's clock."""
    if planned.waits == SOURCE_MAY_RUN:
        until = (at + _ATTESTED_FOR).replace(microsecond=0).isoformat().replace("+00:00", "Z")
        entry = f"{{vm: {in_a_list(vm)}, what: sourceOff, by: YOUR NAME, until: {until}}}"
        return f"turn the on-premises VM off, and state it: write `- {entry}` below site-recovery:attestations"
    if planned.waits.startswith("holdAfter"):
        # The line may stand in defaults or in a tier, where it is that of other VMs as well.
        return f"take the hold out: write `holdAfter: null` for {vm} below site-recovery:vms"
    key, _, _ = planned.waits.partition(": ")
    return f"`pulumi config set --path 'site-recovery:vms[\"{vm}\"].{key}' automatic`"


def how_many_wait(count: int) -> str:
    """A sum's last words: VMs of which no step is taken before the stack file is changed. Empty for none."""
    return f"; {count} {'waits' if count == 1 else 'wait'} for the stack file to be changed" if count else ""


def without_engine(text: str, vm: str, file: str) -> str:
    """`text` for who moves `vm` by `dr move` with `file`: an engine that is out of reach runs nothing and writes
    nothing."""
    for pattern, instead in _INSTEAD:
        text = re.sub(pattern, instead.replace("{file}", file.replace("\\", r"\\")).replace("{vm}", vm), text)
    return text


_UP = r"`pulumi up(?: --strict)?`"
_IN_AZURE = "change it in Azure (Replicated items, {vm}, Compute and Network) first"
# The longer ones first: a shorter one may be a part of them.
_INSTEAD = (
    (
        r"`pulumi config set --path 'site-recovery:vms\[\"([^\"]+)\"\]\.([^']+)' ([^`]+)`",
        r"write `\2: \3` for \1 in {file}",
    ),
    (rf"(write another [^;]*?) and run {_UP} first", rf"\1 once the engine can be run, or {_IN_AZURE}"),
    (rf"run {_UP} first", _IN_AZURE),
    (
        rf"run `pulumi preview` and read what it shows now, then {_UP}",
        "read what the same with --dry-run shows now, and type it again",
    ),
    (rf"look at the preview, then run {_UP} again", "look at the same with --dry-run, and type it again"),
    (rf"declare direction onPremisesToAzure and run {_UP}", "move it --to onPremises"),
    (rf"declare direction azureToOnPremises and run {_UP}", "move it --to azure"),
    (rf",? then run {_UP}", ", and type the same again"),
    (rf"run {_UP} again", "type the same again"),
    (rf"run {_UP}", "type the same again"),
    (r"run `pulumi refresh`, then", "look whether it is protected in the vault,"),
    (r"preview again", "look again (--dry-run)"),
)
