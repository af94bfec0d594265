"""What happens on premises: machines are switched on and off, hosts fall silent, whole sites go dark.

Replication is settled before anything that it depends on changes.
"""

from __future__ import annotations

from simulator.asr.replication import settle_items_of
from simulator.asr.site_recovery import SiteRecovery
from simulator.inventory import Disk, Host, HostVm, Power
from simulator.world import Profile

_CHECKPOINTS = "Azure replicated to its disks while it had checkpoints"
_STARTED = "it was switched on while Azure replicated to its disks"


def switch_host_vm(asr: SiteRecovery, vm: HostVm, state: Power, now: float) -> None:
    """Switch a virtual machine on its host; what it replicates is settled first.

    One that is switched on while Azure replicates to its disks destroys them.
    """
    settle_items_of(asr, [vm.id], now)
    replications = [item.replication for item in asr.items.values() if item.vm == vm.id]
    if state is Power.RUNNING and any(one.reverse and one.phase == "running" for one in replications):
        vm.corrupted = _STARTED
    vm.power = state.value
    asr.inventory.vms.put(vm.id, vm)


def add_disk(asr: SiteRecovery, vm: HostVm, disk: Disk, now: float) -> None:
    """Give a virtual machine another disk. Nothing of it replicates: the service offers it to a new protection only."""
    settle_items_of(asr, [vm.id], now)
    vm.disks.append(disk)
    asr.inventory.vms.put(vm.id, vm)


def resize_disk(asr: SiteRecovery, vm: HostVm, disk: Disk, *, size_mb: int, used_mb: float, now: float) -> None:
    """Change a disk on its host. Its replica keeps the size that it was made with."""
    settle_items_of(asr, [vm.id], now)
    disk.size_mb, disk.used_mb = size_mb, used_mb
    asr.inventory.vms.put(vm.id, vm)


def delete_host_vm(asr: SiteRecovery, vm: HostVm, now: float) -> None:
    """Delete a virtual machine on its host, disks and all. Its item stays, and does not replicate any more."""
    switch_host_vm(asr, vm, Power.OFF, now)
    vm.deleted = True
    asr.inventory.vms.put(vm.id, vm)


def inconsistent(asr: SiteRecovery, vm: HostVm) -> str:
    """Why data that Azure sent to a machine is not to be trusted, or nothing. The tutorial wants a machine without
    checkpoints; of today's service nothing is known.
    """
    return _CHECKPOINTS if vm.checkpoints and asr.world.settings.profile is Profile.TUTORIAL else ""


def set_heartbeat(asr: SiteRecovery, host: Host, *, beats: bool, now: float) -> None:
    """Lose or regain a host's connection with the service."""
    settle_items_of(asr, host.vms, now)
    if host.heartbeat and not beats:
        host.last_heartbeat = now
    host.heartbeat = beats
    asr.inventory.hosts.put(host.name, host)


def darken_site(asr: SiteRecovery, fabric: str, now: float) -> None:
    """A whole site fails: power and connection."""
    for host in asr.inventory.hosts_of(fabric):
        set_heartbeat(asr, host, beats=False, now=now)
        for vm_id in host.vms:
            vm = asr.inventory.vm(vm_id)
            if vm is not None:
                switch_host_vm(asr, vm, Power.OFF, now)
