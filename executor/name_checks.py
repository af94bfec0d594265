"""Whether the name that a VM is to have in Azure is free there."""

from executor.survey import Survey
from lifecycle.blockers import Blocker, Code
from lifecycle.machine import Landing
from lifecycle.unseen import Findings, Unseen
from site_recovery.errors import SiteRecoveryError
from site_recovery.records import last_segment


def taken_name(survey: Survey, vm: str, landing: Landing) -> Findings:
    """Before a failover to Azure nothing there is the VM's own: who has its name is another machine, or a leftover.

    The service would give the VM another name, and tell nobody but its job. Whether the VM runs is asked by the name
    that is declared, and that would be the other machine's.
    """
    if not landing.name or not landing.resource_group_id:
        return Findings()
    group = last_segment(landing.resource_group_id)
    try:
        names = survey.vm_names(landing.resource_group_id)
    except SiteRecoveryError as error:
        what = f"whether resource group {group} has a VM named {landing.name} already"
        return Findings(unseen=(Unseen(what, error.what, "let the identity read the VMs of it, or look there"),))
    if landing.name.casefold() not in names:
        return Findings()
    return Findings((name_taken(vm, landing),))


def name_taken(vm: str, landing: Landing) -> Blocker:
    return Blocker(
        Code.NAME_TAKEN,
        vm,
        cause=f"{vm}: resource group {last_segment(landing.resource_group_id or '')} has a VM named "
        f"'{landing.name}' already",
        mend="write another target.name and run `pulumi up --strict` first, or delete that VM if it is a leftover; "
        "waived, the VM gets another name, and whether it runs is asked of the wrong one",
    )
