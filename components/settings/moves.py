"""How a VM is moved: failover, failback, verification, limits."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, StrictBool, StrictInt, StrictStr, Tag

from components.settings.base import Host, Instant, Model, Shape, refused, zoned_time
from lifecycle.options import Commit, DataSync, FailoverMode, RecoveryPointChoice


class Completion(StrEnum):
    """When the Azure VM is shut down and the on-premises VM started, once the data is synchronized."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class RecoveryVm(StrEnum):
    """What failing back does when the on-premises VM is gone."""

    NO_ACTION = "noAction"
    CREATE = "create"


class Move(StrEnum):
    """The two ways of moving, where a setting has to tell them apart."""

    FAILOVER = "failover"
    FAILBACK = "failback"


class VerifiedMove(StrEnum):
    """After which moves a verification is run."""

    FAILOVER = "failover"
    FAILBACK = "failback"
    BOTH = "both"


class PointKind(StrEnum):
    """How a recovery point is chosen."""

    NAMED = "named"
    TIME = "time"
    ID = "id"


_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_POINT_ID = re.compile(rf"(?i:(?:/[^/]+)+/recoveryPoints/)?{_GUID}")


def point_kind(point: str) -> PointKind | None:
    """How a recovery point is chosen: one of the three words, an id, or a time with its zone. None: none of these."""
    if point in set(RecoveryPointChoice):
        return PointKind.NAMED
    if re.match(r"\d{4}-\d{2}-\d{2}(?![0-9A-Za-z-]{4})", point):
        return PointKind.TIME
    return PointKind.ID if _POINT_ID.fullmatch(point) else None


def _as_point(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match point_kind(value):
        case None:
            words = ", ".join(RecoveryPointChoice)
            raise refused("is not a recovery point", f"write {words}, an id, or a time with its zone")
        case PointKind.TIME:
            return zoned_time(value).isoformat()
        case _:
            return value


RecoveryPoint = Annotated[StrictStr, BeforeValidator(_as_point)]
JobId = Annotated[
    StrictStr,
    Shape("[0-9A-Za-z][0-9A-Za-z-]{6,126}[0-9A-Za-z]", "the id of a job", "copy it from `python -m dr status`"),
]
Minutes = Annotated[StrictInt, Field(ge=1, le=43200)]


class Failover(Model):
    """How the VM is failed over to Azure."""

    mode: FailoverMode = FailoverMode.PLANNED
    """`planned` shuts the source down, sends its last changes and loses nothing; `unplanned` has to be written."""
    shutdown_source: StrictBool = True
    """Unplanned: try to shut the on-premises VM down first. The failover goes on if that fails, and is then not
    committed without an attestation that the source is off."""
    recovery_point: RecoveryPoint = RecoveryPointChoice.LATEST.value
    """Unplanned: which recovery point to start from: `latest`, `latestProcessed`, `latestAppConsistent`, the id of one,
    or a time with its zone (the last point not after it)."""
    change_recovery_point: RecoveryPoint | None = None
    """Unplanned, before the commit: start the Azure VM again from this recovery point: `latestProcessed`,
    `latestAppConsistent`, the id of one, or a time with its zone. What was written in Azure since the failover is
    lost."""
    commit: Commit = Commit.AFTER_VERIFICATION
    """Commits by itself, by hand, or once `verification` has passed. The commit deletes all recovery points."""


class CompletionWindow(Model):
    """Complete Failover happens between two times."""

    from_: Annotated[Instant, Field(alias="from")]
    """Not before this time, with its zone."""
    to: Instant
    """Not after this time, with its zone."""


class WindowedCompletion(Model):
    """Complete Failover happens inside a time window."""

    window: CompletionWindow
    """The time window, once."""


def _completion_kind(value: Any) -> str:
    return "window" if isinstance(value, Mapping | WindowedCompletion) else "word"


CompletionChoice = Annotated[
    Annotated[Completion, Tag("word")] | Annotated[WindowedCompletion, Tag("window")], Discriminator(_completion_kind)
]


class Failback(Model):
    """How the VM is failed back to the on-premises site."""

    data_sync: DataSync = DataSync.BEFORE_FAILOVER
    """`beforeFailover` copies the changes while the Azure VM runs; `duringFailover` downloads everything while it is
    off."""
    completion: CompletionChoice = Completion.AUTOMATIC
    """After synchronizing: complete the failover by itself, by hand, or inside a time window
    (`{window: {from: ..., to: ...}}`). It shuts the Azure VM down."""
    commit: Commit = Commit.MANUAL
    """Commits by itself, by hand, or once `verification` has passed. The commit deletes the Azure VM and its disks."""
    recovery_vm: RecoveryVm = RecoveryVm.NO_ACTION
    """`create` makes the on-premises VM anew if it is gone."""
    recovery_host: Host | None = None
    """The Hyper-V host of the VM's site on which `recoveryVm: create` makes it, by its name in Azure; the host that its
    protected item names, if left out."""


class TcpCheck(Model):
    """A connection that is accepted."""

    host: Host
    """Host name or address."""
    port: Annotated[StrictInt, Field(ge=1, le=65535)]
    """Port."""


class HttpCheck(Model):
    """A page that answers."""

    url: Annotated[
        StrictStr,
        Shape(
            r"https?://[^\s/?#@]+(?:[/?#]\S*)?", "a URL", "write http:// or https://, a host, no user and no password"
        ),
    ]
    """Its URL, without user and password."""
    status: Annotated[StrictInt, Field(ge=100, le=599)] = 200
    """The status that it has to answer with itself: redirects are not followed, and no proxy is used."""


class TlsCheck(Model):
    """A TLS handshake with a certificate that is trusted and valid for the host."""

    host: Host
    """Host name or address."""
    port: Annotated[StrictInt, Field(ge=1, le=65535)] = 443
    """Port."""


class Verification(Model):
    """One check before a commit: exactly one of `tcp`, `http`, `tls`, `command`."""

    tcp: TcpCheck | None = None
    """A TCP connection."""
    http: HttpCheck | None = None
    """An HTTP request."""
    tls: TlsCheck | None = None
    """A TLS handshake."""
    command: Annotated[tuple[Annotated[StrictStr, Field(min_length=1)], ...], Field(min_length=1)] | None = None
    """A command and its arguments, run without a shell where `pulumi up` runs; it has to exit with 0."""
    after: VerifiedMove = VerifiedMove.BOTH
    """After which move it is run. Addresses often differ between Azure and on premises."""
    retries: Annotated[StrictInt, Field(ge=0, le=1000)] = 10
    """How often it is tried again after it failed."""
    interval_seconds: Annotated[StrictInt, Field(ge=1, le=3600)] = 15
    """Time between two tries."""
    timeout_seconds: Annotated[StrictInt, Field(ge=1, le=3600)] = 10
    """How long one try may take."""

    def applies_after(self, move: Move) -> bool:
        return self.after in {VerifiedMove.BOTH.value, move.value}


class StepLimits(Model):
    """For how many minutes a step is waited for. Passing a limit stops the waiting, never the job. What is not written
    has a fixed limit, generous enough for a large VM: failover and change of the recovery point 4 hours, commit 30
    minutes, reprotect and reverse replicate 12 hours, synchronize 48 hours, complete failover 24 hours; `verify` has
    that of each check alone.
    """

    initial_replication: Minutes | None = None
    """Initial replication, if it is waited for."""
    failover: Minutes | None = None
    """Failover to Azure."""
    change_recovery_point: Minutes | None = None
    """Change of the recovery point."""
    verify: Minutes | None = None
    """All verifications together; what has not passed by then has failed."""
    commit: Minutes | None = None
    """Commit, in either direction."""
    reprotect: Minutes | None = None
    """Reprotect from Azure to on premises."""
    synchronize: Minutes | None = None
    """Synchronization before failing back."""
    complete_failover: Minutes | None = None
    """Complete Failover."""
    reverse_replicate: Minutes | None = None
    """Reverse replicate from on premises to Azure."""
