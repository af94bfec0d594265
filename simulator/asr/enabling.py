"""What enabling protection judges, and the item that it makes."""

from __future__ import annotations

from simulator.asr.azure_vm import name_warning
from simulator.asr.item_inputs import EnableSettings
from simulator.asr.records import Job, ProtectedItem, Replication
from simulator.asr.refusals import (
    already_protected,
    enabling_failed,
    unmanaged_disks,
)
from simulator.asr.replication import used_on
from simulator.asr.site_recovery import SiteRecovery
from simulator.asr.states import Stage
from simulator.asr.targets import (
    chosen_disks,
    target_nics,
    target_settings,
    updated_name,
)
from simulator.errors import AsyncError
from simulator.ids import same
from simulator.inventory import HostVm
from simulator.store import Document
from simulator.world import Profile


def why_not_enabled(
    asr: SiteRecovery, item_id: str, vm: HostVm, policy: Document, settings: EnableSettings
) -> AsyncError | None:
    """Why protection of a machine cannot be enabled, or None."""
    container, vault = item_id.rsplit("/", 2)[0].lower(), "/".join(item_id.split("/")[:9])
    if item_id in asr.items or any(item.vm == vm.id for item in asr.items.of(vault)):
        return already_protected(vm.name)
    reasons = vm.unfit_for_azure()
    if unmanaged_retired(asr, settings.use_managed_disks):
        reasons.append(unmanaged_disks())
    mapped = [one for one in asr.mappings.of(vault) if one["id"].lower().startswith(f"{container}/")]
    if not any(same(one["properties"]["policyId"], policy["id"]) for one in mapped):
        reasons.append(f"The policy '{policy['name']}' is not associated with the protection container.")
    known = {disk.id for disk in vm.disks}
    chosen = chosen_disks(settings)
    reasons += [f"The virtual machine has no disk '{disk}'." for disk in chosen if disk not in known]
    system = [disk.id for disk in vm.disks if disk.operating_system]
    if chosen and system and not set(system) & set(chosen):
        reasons.append("The disk with the operating system is not among the disks to include.")
    neighbours = (settings.target_azure_network_id, settings.target_storage_account_id, settings.log_storage_account_id)
    reasons += [f"The resource '{one}' does not exist." for one in neighbours if one and one not in asr.world.resources]
    host = asr.inventory.hosts.get(vm.host)
    if host is None or not host.heartbeat:
        reasons.append(f"The Hyper-V host of '{vm.name}' cannot be reached.")
    return enabling_failed(vm.name, " ".join(reasons)) if reasons else None


def new_item(  # noqa: PLR0917 # what an item is made of
    asr: SiteRecovery, item_id: str, vm: HostVm, policy: Document, settings: EnableSettings, now: float
) -> ProtectedItem:
    """Make and keep the item of a machine, unseen until its EnableDr job has ended."""
    container = item_id.rsplit("/", 2)[0]
    target = target_settings(asr.world.settings, item_id, vm, settings)
    used = used_on(vm, target["disks"])
    details = policy["properties"]["providerSpecificDetails"]
    host = asr.inventory.hosts.get(vm.host)
    item = ProtectedItem(
        id=item_id,
        name=item_id.rsplit("/", 1)[-1],
        vault="/".join(item_id.split("/")[:9]),
        container=container.lower(),
        fabric=container.rsplit("/", 2)[0].lower(),
        vm=vm.id,
        policy=policy["id"],
        protectable=f"{container}/replicationProtectableItems/{vm.id}",
        stage=Stage.ENABLING,
        settings=target,
        nics=target_nics(vm, settings),
        replication=Replication(
            settled=now,
            interval=details["replicationInterval"],
            history_hours=details["recoveryPointHistoryDurationInHours"],
            app_hours=details["applicationConsistentSnapshotFrequencyInHours"],
            bandwidth=host.bandwidth_mbps if host is not None else 100.0,
            total=used,
            remaining=used,
        ),
        correlation=asr.world.guid("correlation"),
    )
    asr.save_item(item)
    return item


def warn_of_name(asr: SiteRecovery, item: ProtectedItem, job: Job) -> None:
    """A name that another machine has is accepted with a warning; the machine is then made under another."""
    job.warning = name_warning(asr, item, *updated_name(item, job.payload.get("update", {})))
    asr.save_job(job)


def unmanaged_retired(asr: SiteRecovery, managed_disks: str | None) -> bool:
    """Disks in a storage account: the tutorial's service has them, today's has not."""
    return managed_disks == "false" and asr.world.settings.profile is Profile.RECORDED
