"""The rows of the service's state table, as observations: what a planner is fed.

Row numbers are those of docs/lifecycle.md. Strings that no recording shows are written in angle brackets, so that a
planner that depended on one of them would fail here.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lifecycle.directions import Place
from lifecycle.observation import Job, Observation, Owner, PowerState

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ITEM = (
    "/Subscriptions/s/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/v/replicationFabrics/f"
    "/replicationProtectionContainers/c/replicationProtectedItems/i"
)


def job(
    scenario: str, *, state: str = "InProgress", owner: Owner = Owner.OURS, resume: bool = False, number: str = "j1"
) -> Job:
    """A job on the VM; it has ended unless it is in progress or suspended."""
    ended = None if state in {"InProgress", "Suspended", "NotStarted"} else NOW
    return Job(
        id=number,
        scenario=scenario,
        friendly_name=scenario,
        state=state,
        state_description="<any>",
        started=NOW,
        ended=ended,
        owner=owner,
        can_resume=resume,
        source_shutdown="Succeeded",
    )


def _row(active: Place, state: str, *allowed: str, **more: object) -> Observation:
    seen = Observation(
        vm="sql01",
        item_id=ITEM,
        at=NOW,
        active=active,
        protection_state=state,
        protection_text="<any>",
        allowed=frozenset(allowed),
        rpo_seconds=240,
    )
    return replace(seen, **more)  # type: ignore[arg-type]


_HOME, _AWAY = Place.ON_PREMISES, Place.AZURE
# It has shut the source down and sent its last changes, of which the service has made its recovery point.
_FAILED_OVER = replace(job("UnplannedFailover", state="Succeeded"), source_off=NOW, point_id="latest", point_time=NOW)
_FAILED_BACK = job("Failback", state="Succeeded")
_OPEN_IN_AZURE = ("CompleteMigration", "Commit", "DisableProtection", "ChangePit")

ENABLING = _row(_HOME, "InitialReplicationInProgress", "DisableProtection")
FIRST_POINT = _row(_HOME, "InitialReplicationRecoveryCompletionPending", "DisableProtection")
PASSING = _row(_HOME, "Protected")
PROTECTED = _row(_HOME, "Protected", "PlannedFailover", "UnplannedFailover", "DisableProtection", "TestFailover")
TEST_FAILOVER = _row(_HOME, "Protected", "TestFailoverCleanup", test_failover_active=True)
FAILING_OVER = _row(_HOME, "<failing over>", scenario="UnplannedFailover", job=job("UnplannedFailover"))
COMMIT_PENDING = _row(
    _AWAY,
    "UnplannedFailoverCommitPendingStatesBegin",
    *_OPEN_IN_AZURE,
    brought_here=_FAILED_OVER,
    last_move=_FAILED_OVER,
)
PLANNED_COMMIT_PENDING = replace(
    COMMIT_PENDING,
    protection_state="PlannedFailoverCommitRequired",
    brought_here=job("PlannedFailover", state="Succeeded"),
)
COMMITTING = replace(COMMIT_PENDING, allowed=frozenset(), scenario="CommitFailover", job=job("CommitFailover"))
COMMITTED_RECORDED = _row(
    _AWAY, "<committed>", "CompleteMigration", "DisableProtection", "Failback", brought_here=_FAILED_OVER
)
COMMITTED_TUTORIAL = _row(
    _AWAY, "<committed>", "CompleteMigration", "DisableProtection", "ReverseReplicate", brought_here=_FAILED_OVER
)
REPROTECTING = _row(
    _AWAY,
    "<committed>",
    scenario="ReprotectReplicationGroup",
    job=job("ReprotectReplicationGroup"),
    brought_here=_FAILED_OVER,
)
PROTECTED_IN_AZURE = _row(_AWAY, "Protected", "Failback", "DisableProtection")
SYNCHRONIZING = _row(_AWAY, "<any>", scenario="PlannedFailover", job=job("Failback"))
WAITING_TO_COMPLETE = _row(
    _AWAY, "<any>", scenario="PlannedFailover", job=job("Failback", state="Suspended", resume=True)
)
COMPLETING_FAILBACK = _row(
    _AWAY,
    "<any>",
    scenario="PlannedFailover",
    job=replace(job("Failback"), started=NOW - timedelta(hours=3), completing_since=NOW - timedelta(minutes=2)),
)
FAILBACK_COMMIT_PENDING = _row(_HOME, "<failed back>", "Commit", brought_here=_FAILED_BACK)
FAILED_BACK = _row(_HOME, "RestoreFinalized", "ReverseReplicate", "DisableProtection", brought_here=_FAILED_BACK)
REVERSE_REPLICATING = _row(
    _HOME,
    "<any>",
    scenario="ReprotectReplicationGroup",
    job=job("ReprotectReplicationGroup"),
    brought_here=_FAILED_BACK,
)
NOT_REPLICATING = _row(_HOME, "<cancelled>", "DisableProtection")
BOTH_RUNNING = replace(PROTECTED, azure_vm_power=PowerState.RUNNING)
NEITHER_RUNNING = replace(PROTECTED_IN_AZURE, azure_vm_power=PowerState.STOPPED)
NO_VM_TO_COMMIT = replace(COMMIT_PENDING, azure_vm_power=PowerState.ABSENT)
STRANGE = _row(_AWAY, "<never seen>", "SwitchProtection")
BUSY = replace(PROTECTED, job=job("UpdateVmProperties", owner=Owner.SOMEBODY_ELSE))

ALL = {name: value for name, value in globals().items() if isinstance(value, Observation)}
