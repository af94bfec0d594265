"""The whole configuration of a stack: as it is written, and as it holds once defaults and tiers are resolved."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool

from components.settings.base import (
    Model,
    NetworkName,
    ResourceGroupName,
    ServiceName,
    Shape,
    StorageAccountName,
    VmName,
    Words,
    is_arm_id,
)
from components.settings.estate import (
    Network,
    NetworkMapping,
    Policy,
    ResourceGroup,
    Site,
    StorageAccount,
    Target,
    Vault,
)
from components.settings.permits import Approval, Attestation, Attested, Dismantle, MaxMoves, Permit, Waiver
from components.settings.vm import Defaults, VmChoices, VmEntry, VmSettings

Reason = Annotated[
    Words, Shape(r"(?!(?i:true|false|yes|no|on|off)$)(?=.*\S).*", "a reason", "write why, in a few words")
]


class Estate(Model):
    """All of the configuration but the VMs."""

    version: Literal[1]
    """Version of this format."""
    target: Target
    """Where the stack works."""
    vault: Vault
    """The Recovery Services vault."""
    shared_stack: Words | None = None
    """Another stack (`organization/project/stack`) that declares the vault and what else is marked `adopt` here, for
    teams that share a vault."""
    resource_groups: dict[ResourceGroupName, ResourceGroup] = Field(default_factory=dict)
    """Resource groups that the stack makes, by name."""
    sites: dict[ServiceName, Site] = Field(default_factory=dict)
    """Hyper-V sites, by name."""
    policies: dict[ServiceName, Policy] = Field(default_factory=dict)
    """Replication policies, by name."""
    networks: dict[NetworkName, Network] = Field(default_factory=dict)
    """Azure networks, by name."""
    network_mappings: dict[ServiceName, NetworkMapping] = Field(default_factory=dict)
    """Network mappings, by name."""
    storage_accounts: dict[StorageAccountName, StorageAccount] = Field(default_factory=dict)
    """Storage accounts, by name."""
    max_moves: MaxMoves = 1
    """How many VMs one `up` may move. It never moves VMs both ways."""
    freeze: Reason | None = None
    """A reason why no VM is to be moved. Unchanged VMs preview clean; moves are blocked."""
    require_approval: StrictBool = False
    """Whether irreversible steps need an approval in `approvals`."""
    require_attestations: StrictBool = False
    """Whether what Azure cannot see has to be stated in `attestations`: `noCheckpoints` before a planned failover,
    `sourceOff` before a failback. Otherwise the preview asks and does not insist. It never holds an unplanned failover
    up."""
    waivers: tuple[Waiver, ...] = ()
    """Blockers that are turned into warnings."""
    attestations: tuple[Attestation, ...] = ()
    """What people state that Azure cannot see."""
    approvals: tuple[Approval, ...] = ()
    """Approved moves."""
    dismantle: Dismantle | None = None
    """Lets the estate be taken apart."""


class StackFile(Estate):
    """The configuration as it is written."""

    defaults: Defaults = Defaults()
    """What holds for every VM that does not say otherwise; everything but the direction."""
    tiers: dict[Words, VmChoices] = Field(default_factory=dict)
    """Named profiles, which a VM takes over by its `tier`."""
    vms: dict[VmName, VmEntry] = Field(default_factory=dict)
    """The VMs, by their name in Hyper-V."""


class Settings(Estate):
    """The configuration as it holds: defaults and tiers are resolved into each VM."""

    vms: dict[str, VmSettings] = Field(default_factory=dict)
    """The VMs, by their name in Hyper-V, in order of their names: the engine keeps no other."""

    def group_of_the_vault(self) -> ResourceGroup | None:
        """What `resourceGroups` says of the vault's own group, however it is spelled there; None where nothing."""
        home = self.vault.resource_group.casefold()
        return next((group for name, group in self.resource_groups.items() if name.casefold() == home), None)

    def makes_group_of_the_vault(self) -> bool:
        """Whether that group is made with the vault."""
        declared = self.group_of_the_vault()
        return not self.vault.adopt and (declared is None or not declared.adopt)

    def network_id(self, reference: str) -> str | None:
        """The ARM id that a VM's network refers to, or None for a network that the stack makes."""
        return reference if is_arm_id(reference) else self.networks[reference].id

    def storage_account_id(self, reference: str) -> str | None:
        """The ARM id that a VM's storage account refers to, or None for an account that the stack makes."""
        return reference if is_arm_id(reference) else self.storage_accounts[reference].id

    def waiver(self, vm: str, code: str, now: datetime) -> Waiver | None:
        """The waiver of blocker `code` of `vm` that holds at `now`."""
        return next((held for held in self.waivers if held.code == code and held.holds(vm, now)), None)

    def attestation(self, vm: str, what: Attested, now: datetime) -> Attestation | None:
        """The attestation of `what` for `vm` that holds at `now`."""
        return next((held for held in self.attestations if held.what == what and held.holds(vm, now)), None)

    def approval(self, vm: str, digest: str, now: datetime) -> Approval | None:
        """The approval of the move `digest` of `vm` that holds at `now`."""
        return next((held for held in self.approvals if held.digest == digest and held.holds(vm, now)), None)

    def vms_of_site(self, site: str) -> Iterator[VmSettings]:
        """The VMs of a Hyper-V site, in order of their names."""
        return (vm for vm in self.vms.values() if vm.site == site)

    def policies_of_site(self, site: str) -> tuple[str, ...]:
        """The policies to associate with the container of `site`: those that its VMs name, in order of name."""
        return tuple(sorted({vm.policy for vm in self.vms_of_site(site)}))

    def vm_inputs(self) -> dict[str, dict[str, Any]]:
        """`as_inputs` of every VM, by name."""
        return {name: vm.as_inputs() for name, vm in self.vms.items()}

    def move_inputs(self, vm: VmSettings) -> dict[str, Any]:
        """How a VM is to be moved, as plain values, with what people have stated about failovers that wait for their
        commit (lifecycle.options.MoveOptions)."""
        chosen = {key: value for key, value in vm.direction_inputs().items() if key not in _NOT_OF_MOVES}
        stated = (each for each in self.attestations if each.vm == vm.name and each.failover_job is not None)
        off = [{"failoverJob": each.failover_job, "until": each.until.isoformat()} for each in stated]
        return {**chosen, "sourceOff": off} if off else chosen

    def permit_inputs(self, vm: str) -> dict[str, Any]:
        """What people have permitted and stated about a VM, as plain values; empty keys are left out.

        Whether any of it has run out is judged by the service's clock, where it is used.
        """
        known: dict[str, Any] = {
            "waivers": _of_vm(self.waivers, vm),
            "attestations": _of_vm(self.attestations, vm),
            "approvals": _of_vm(self.approvals, vm),
            "requireApproval": self.require_approval,
            "requireAttestations": self.require_attestations,
        }
        if self.require_approval:
            target = self.vms[vm].as_inputs().get("target") or {}
            known["landing"] = json.dumps(target, sort_keys=True)
        return {key: value for key, value in known.items() if value}


# Of a VM's keys those that say what it is, not how it is moved.
_NOT_OF_MOVES = frozenset({"direction", "name"})


def _of_vm(permits: Sequence[Permit], vm: str) -> list[dict[str, Any]]:
    return [{key: value for key, value in held.as_inputs().items() if key != "vm"} for held in permits if held.vm == vm]
