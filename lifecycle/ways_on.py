"""The one line that lets a waiting move go on, and what a text tells to type where there is no engine to type it to."""

import re
from datetime import timedelta

from lifecycle.observation import Observation
from lifecycle.planner import SOURCE_MAY_RUN, failover_to_commit
from lifecycle.quoting import in_a_list
from lifecycle.stages import stage_of
from lifecycle.steps import PlannedStep

_ATTESTED_FOR = timedelta(hours=8)


def way_on(seen: Observation, planned: PlannedStep) -> str:
    """What to change for the step to be taken, which waits and is the next one."""
    vm = seen.vm
    if planned.waits == SOURCE_MAY_RUN:
        return f"turn the on-premises VM off, and state it: {_statement(seen)}"
    if planned.waits.startswith("holdAfter"):
        # The line may stand in defaults or in a tier, where it is that of other VMs as well.
        return f"take the hold out: write `holdAfter: null` for {vm} below site-recovery:vms"
    key, _, _ = planned.waits.partition(": ")
    return f"`pulumi config set --path 'site-recovery:vms[\"{vm}\"].{key}' automatic`"


def _statement(seen: Observation) -> str:
    """The line about this one failover: a statement without its job, or with that of another one, opens nothing."""
    made = failover_to_commit(seen, stage_of(seen))
    if made is None:
        return "once the failover is made, the line to write is shown, with its job"
    until = (seen.at + _ATTESTED_FOR).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    entry = f"{{vm: {in_a_list(seen.vm)}, what: sourceOff, failoverJob: {made.id}, by: YOUR NAME, until: {until}}}"
    return f"write `- {entry}` below site-recovery:attestations"


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
