"""A failback to a machine that is gone: CreateVmIfNotFound makes it anew, on the host of a provider of the same site.

That the call needs the provider's id, and that the host is one of the item's own site, is what the service's own tools
and documentation say. Inferred: a machine whose own host is heard of is failed back to as ever, whichever host is
named; with a silent host it is as good as gone. One that is made anew keeps its id, its disks and its name, has no
checkpoints, and gets all data, as there is none that a delta could be added to.
"""

from __future__ import annotations

from simulator.asr.records import Job, ProtectedItem
from simulator.asr.refusals import host_unreachable, out_of_reach
from simulator.asr.replication import delta_to_on_premises, full_size
from simulator.asr.site_recovery import JobFailure, SiteRecovery
from simulator.errors import AsyncError
from simulator.ids import same
from simulator.inventory import Host, HostVm, Power
from simulator.store import Document


def why_no_host(asr: SiteRecovery, item: ProtectedItem, payload: Document) -> AsyncError | None:
    """Why a failback that may make the machine anew is refused, or None."""
    if not payload.get("createVm") or _host(asr, item, payload) is not None:
        return None
    return AsyncError(
        "SimulatorAlternateProviderMissing",
        f"'{item.name}' cannot be made anew on premises: no provider of its site is named.",
        f"providerIdForAlternateRecovery is '{payload.get('provider') or ''}'.",
        "Name the provider of a Hyper-V host that is registered with the item's site.",
    )


def require_premises(asr: SiteRecovery, item: ProtectedItem, vm: HostVm, job: Job) -> None:
    """Raise JobFailure where nothing can be done on premises for a failback."""
    if asr.inventory.reachable(vm.id):
        return
    host = _host(asr, item, job.payload) if job.payload.get("createVm") else None
    if host is None or _is_silent_home(host, vm):
        raise JobFailure(out_of_reach(vm))
    if not host.heartbeat:
        raise JobFailure(host_unreachable(host.name))


def make_anew(asr: SiteRecovery, item: ProtectedItem, vm: HostVm, job: Job, now: float) -> None:
    """The machine appears on the named host, switched off and empty, if it is not to be found on its own."""
    host = _host(asr, item, job.payload) if job.payload.get("createVm") else None
    if host is None or asr.inventory.reachable(vm.id) or _is_silent_home(host, vm):
        return
    delta_to_on_premises(asr, item, now)
    for other in tuple(asr.inventory.hosts.values()):
        if vm.id in other.vms:
            other.vms.remove(vm.id)
            asr.inventory.hosts.put(other.name, other)
    host.vms.append(vm.id)
    asr.inventory.hosts.put(host.name, host)
    vm.host, vm.deleted, vm.power, vm.checkpoints, vm.corrupted = host.name, False, Power.OFF.value, [], ""
    asr.inventory.vms.put(vm.id, vm)
    item.azure_delta = item.replication.backlog = full_size(asr, item)
    asr.save_item(item)


def _is_silent_home(host: Host, vm: HostVm) -> bool:
    """Of a machine that is out of reach: whether it may still be on this host, which has only fallen silent."""
    return host.name == vm.host and not vm.deleted


def _host(asr: SiteRecovery, item: ProtectedItem, payload: Document) -> Host | None:
    """The host of the named provider, if that is one of the item's site."""
    wanted = payload.get("provider") or ""
    provider = next((one for one in asr.providers.values() if same(one["id"], wanted)), None)
    host = asr.inventory.hosts.get(provider["properties"]["machineName"]) if provider is not None else None
    return host if host is not None and host.fabric == item.fabric.lower() else None
