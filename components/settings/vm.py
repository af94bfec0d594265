"""One VM: its direction, and the choices that it may take over from `defaults` and from its tier."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictInt, StrictStr

from components.settings.base import (
    Address,
    AvailabilitySetId,
    AzureVmName,
    Digits,
    Guid,
    Model,
    NetworkName,
    NetworkReference,
    ResourceGroupName,
    StorageAccountReference,
    Tags,
    VmName,
    Words,
)
from components.settings.moves import Failback, Failover, JobId, Move, StepLimits, Verification
from lifecycle.directions import Direction
from lifecycle.options import Commit
from lifecycle.steps import Step


class OsType(StrEnum):
    WINDOWS = "windows"
    LINUX = "linux"

    @property
    def in_azure(self) -> str:
        """The word that the service has for it: `Windows`."""
        return self.value.capitalize()


class Zone(StrEnum):
    ONE = "1"
    TWO = "2"
    THREE = "3"


class DiskType(StrEnum):
    """Kind of the managed disks, in Azure's own words."""

    STANDARD_LRS = "Standard_LRS"
    STANDARD_SSD_LRS = "StandardSSD_LRS"
    PREMIUM_LRS = "Premium_LRS"


class LicenseType(StrEnum):
    NO_LICENSE_TYPE = "noLicenseType"
    WINDOWS_SERVER = "windowsServer"

    @property
    def in_azure(self) -> str:
        """The word that the service has for it: `WindowsServer`."""
        return self.value[0].upper() + self.value[1:]


class SqlServerLicenseType(StrEnum):
    NO_LICENSE_TYPE = "noLicenseType"
    PAYG = "payg"
    AHUB = "ahub"

    @property
    def in_azure(self) -> str:
        """The word that the service has for it: `PAYG`."""
        return "NoLicenseType" if self is SqlServerLicenseType.NO_LICENSE_TYPE else self.value.upper()


class Rdp(StrEnum):
    """When remote desktop is enabled in the Azure VM."""

    NEVER = "never"
    ONLY_ON_TEST_FAILOVER = "onlyOnTestFailover"
    ALWAYS = "always"

    @property
    def in_azure(self) -> str:
        """The word that the service has for it: `OnlyOnTestFailover`."""
        return self.value[0].upper() + self.value[1:]


class FailoverTestTarget(Model):
    """Where the VM comes up in a test failover."""

    network: NetworkReference | None = None
    """A name in `networks`, or an ARM id. Apart from the network of a real failover, or a warning."""
    subnet: NetworkName | None = None
    """A subnet of that network."""
    static_ip: Address | None = None
    """An address of that subnet; written for one VM only."""


class VmTarget(Model):
    """What the VM is in Azure after a failover."""

    name: AzureVmName | None = None
    """Its name in Azure; the name on premises if not written. Written for one VM only. Needed where Azure does not take
    the name on premises: at most 63 letters, digits and hyphens, starting and ending with a letter or digit."""
    resource_group: ResourceGroupName | None = None
    """Its resource group; the vault's if not written."""
    size: Annotated[StrictStr, Field(min_length=1, max_length=64)] | None = None
    """Its size, as `Standard_D4s_v5`; the service picks one if not written."""
    network: NetworkReference | None = None
    """Its network, of all its network cards: a name in `networks`, or an ARM id."""
    subnet: NetworkName | None = None
    """The subnet of its first network card in that network. Other cards keep what they have in Azure."""
    static_ip: Address | None = None
    """The primary address of that card in that subnet; any if not written. Written for one VM only."""
    test: FailoverTestTarget = FailoverTestTarget()
    """Network of a test failover."""
    managed_disks: StrictBool = True
    """Managed disks. Azure has retired unmanaged ones; some older vaults cannot fail managed disks back."""
    disk_type: DiskType | None = None
    """Kind of the managed disks; the service's own choice if not written."""
    storage_account: StorageAccountReference | None = None
    """Where the replica is kept: a name in `storageAccounts`, or an ARM id. Needed without managed disks."""
    log_storage_account: StorageAccountReference | None = None
    """Where replication logs are kept: a name in `storageAccounts`, or an ARM id."""
    availability_set: AvailabilitySetId | None = None
    """ARM id of its availability set."""
    zone: Annotated[Zone, Digits()] | None = None
    """Its availability zone."""
    license_type: LicenseType | None = None
    """`windowsServer`: a Windows licence of one's own (Azure Hybrid Benefit)."""
    sql_server_license_type: SqlServerLicenseType | None = None
    """How SQL Server in the VM is licensed."""
    rdp: Rdp = Rdp.NEVER
    """When the service enables remote desktop in the Azure VM."""
    tags: Tags = Field(default_factory=dict)
    """Tags of the Azure VM."""


class SourceDisks(Model):
    """Which disks are replicated: all, only those included, or all but those excluded."""

    include: tuple[Words, ...] = ()
    """Names or ids of the only disks to replicate."""
    exclude: tuple[Words, ...] = ()
    """Names or ids of disks not to replicate."""


class VmSource(Model):
    """The VM on premises."""

    vm_id: Guid | None = None
    """Its id in Hyper-V, where its name is not unique. Written for one VM only."""
    os_type: OsType | None = None
    """Its operating system. Has to be written where the service does not know it: it is protected by that."""
    disks: SourceDisks = SourceDisks()
    """Which of its disks are replicated."""


class VmChoices(Model):
    """Everything of a VM that may stand in `defaults` or in a tier."""

    site: Words | None = None
    """The Hyper-V site that the VM is in: a name in `sites`. Every VM needs one, here, in its tier or in `defaults`."""
    policy: Words | None = None
    """The replication policy: a name in `policies`. Every VM needs one, here, in its tier or in `defaults`. The service
    has no call that moves a protected VM to another one: change the policy's own settings, or protect the VM anew.
    """
    failover: Failover = Failover()
    """How it is failed over to Azure."""
    failback: Failback = Failback()
    """How it is failed back."""
    hold_after: Step | None = None
    """Stop a move after this step, for as long as this is written: no step that comes later on the way is taken, also
    where the move leaves this one out or has it long behind it."""
    verification: tuple[Verification, ...] = ()
    """Checks before a commit that waits for them. A list replaces the list of a tier or of `defaults` as a whole."""
    max_data_loss_minutes: Annotated[StrictInt, Field(ge=0, le=525600)] | None = None
    """An unplanned failover that would lose more is blocked."""
    rpo_target_minutes: Annotated[StrictInt, Field(ge=1, le=525600)] | None = None
    """Recovery point objective: twice as much is a warning, three times is critical. No warning if not written."""
    drill_within_days: Annotated[StrictInt, Field(ge=1, le=3650)] = 180
    """Warn if the last successful test failover is longer ago."""
    long_stay_days: Annotated[StrictInt, Field(ge=1, le=3650)] = 30
    """Warn that a full download is advised (`dataSync: duringFailover`) after so long in Azure."""
    wait_for_initial_replication: StrictBool = False
    """Whether `up` waits until the VM is protected, or only starts its protection."""
    step_limits: StepLimits = StepLimits()
    """How long each step is waited for."""
    source: VmSource = VmSource()
    """The VM on premises."""
    target: VmTarget = VmTarget()
    """What it is in Azure after a failover."""


class Defaults(VmChoices):
    """What holds for every VM that does not say otherwise."""

    tier: Words | None = None
    """The tier of VMs that name none."""


class VmEntry(VmChoices):
    """A VM as it is written in the stack file."""

    direction: Direction
    """The direction of protection. `onPremisesToAzure`: it runs on premises. `azureToOnPremises`: it runs in Azure.
    Changing this line is the failover. Never taken over from a default."""
    tier: Words | None = None
    """A name in `tiers`."""
    take_over: JobId | None = None
    """Id of a job that somebody else started and that this stack may go on from."""


# What belongs to a single VM, and is refused in `defaults` and in tiers.
OF_ONE_VM: tuple[tuple[str, ...], ...] = (
    ("direction",),
    ("takeOver",),
    ("source", "vmId"),
    ("target", "name"),
    ("target", "staticIp"),
    ("target", "test", "staticIp"),
)

_OF_ITEM = ("name", "site", "policy", "source", "target", "waitForInitialReplication")


class VmSettings(VmEntry):
    """A VM with everything resolved: built-in default, then `defaults`, then its tier, then its own lines."""

    name: VmName
    """Its name in Hyper-V."""
    site: Words
    """Its Hyper-V site."""
    policy: Words
    """Its replication policy."""

    def effective_commit(self, move: Move) -> Commit:
        """The commit that holds after `move`: after a verification that is not declared means by hand."""
        declared = self.failover.commit if move is Move.FAILOVER else self.failback.commit
        if declared is Commit.AFTER_VERIFICATION and not self.verification_after(move):
            return Commit.MANUAL
        return declared

    def verification_after(self, move: Move) -> tuple[Verification, ...]:
        """The checks that are run after `move`."""
        return tuple(check for check in self.verification if check.applies_after(move))

    def item_inputs(self) -> dict[str, Any]:
        """The part of `as_inputs` that the protected item is made of."""
        return {key: value for key, value in self.as_inputs().items() if key in (*_OF_ITEM, "stepLimits")}

    def direction_inputs(self) -> dict[str, Any]:
        """The part of `as_inputs` that a move is made of, so that a tag and a flip never wait for each other."""
        return {key: value for key, value in self.as_inputs().items() if key not in _OF_ITEM or key == "name"}
