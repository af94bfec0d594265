"""Whether what a VM is to land in is in Azure: network, storage account, resource group, availability set."""

from collections.abc import Iterator
from dataclasses import dataclass

from executor.survey import Survey
from lifecycle.blockers import Blocker, Code
from lifecycle.machine import Card, Landing
from lifecycle.observation import Observation
from lifecycle.requirements import Unmet
from lifecycle.unseen import Findings, Unseen
from site_recovery.landing_place import LandingPlace
from site_recovery.records import last_segment


def checked_landing(survey: Survey, seen: Observation) -> Findings:
    """What of a VM's landing is gone, and what of it cannot be read, which is not held against the VM; what was never
    chosen is told by lifecycle.preconditions."""
    if seen.landing is None:
        return Findings()
    return Findings.of(
        _network(survey, seen.vm, seen.landing),
        _storage(survey, seen.vm, seen.landing),
        *(of_part(survey.landing_place(part.arm_id), seen.vm, part) for part in _of_the_vm(seen.landing)),
    )


def missing_parts(survey: Survey, vm: str, landing: Landing) -> Iterator[Unmet]:
    """What of a declared VM's landing is not in Azure; its networks are address_checks'."""
    for part in parts_of(landing):
        if survey.landing_place(part.arm_id).there is False:
            mend = f"make it first, or write another target.{part.key}"
            yield Unmet(f"{vm}: {part.what} {last_segment(part.arm_id)} is not in Azure", mend)


def unread_parts(survey: Survey, landing: Landing) -> Iterator[str]:
    """Each of them that cannot be read, with the reason."""
    for part in parts_of(landing):
        place = survey.landing_place(part.arm_id)
        if place.there is None:
            yield f"whether {part.what} {last_segment(part.arm_id)} is in Azure ({place.unread})"


@dataclass(frozen=True)
class Part:
    """What a VM lands in, beside its networks. `key` is the stack file's, in `target`; `of_the_vm` is what a failover
    makes the Azure VM in."""

    what: str
    arm_id: str
    key: str
    right: str
    of_the_vm: bool = False


def parts_of(landing: Landing) -> tuple[Part, ...]:
    """Those that are known and are not to come."""
    account = "Microsoft.Storage/storageAccounts/read"
    group = "Microsoft.Resources/subscriptions/resourceGroups/read"
    return tuple(
        Part(what, arm_id, key, right, of_the_vm)
        for what, arm_id, key, right, of_the_vm in (
            ("the resource group", landing.resource_group_id, "resourceGroup", group, True),
            (
                "the availability set",
                landing.availability_set_id,
                "availabilitySet",
                "Microsoft.Compute/availabilitySets/read",
                True,
            ),
            ("the storage account", landing.storage_account_id, "storageAccount", account, False),
            ("the storage account", landing.log_storage_account_id, "logStorageAccount", account, False),
        )
        if arm_id and not (landing.resource_group_to_come and key == "resourceGroup")
    )


def _of_the_vm(landing: Landing) -> tuple[Part, ...]:
    return tuple(part for part in parts_of(landing) if part.of_the_vm)


def of_part(place: LandingPlace, vm: str, part: Part) -> Findings:
    """What is found of a part that the Azure VM is made in, whose place is as it was read."""
    name = last_segment(part.arm_id)
    if place.there is None:
        what = f"whether {part.what} {name}, in which {vm} is to start, is in Azure"
        return Findings(unseen=(Unseen(what, place.unread, _let_read(part.right)),))
    if place.there:
        return Findings()
    cause = f"{part.what} {name}, in which {vm} is to start, is not in Azure"
    mend = f"make it again, or write another target.{part.key} and run `pulumi up --strict` first"
    return Findings((Blocker(Code.MISSING_TARGET, vm, cause=cause, mend=mend),))


def _network(survey: Survey, vm: str, landing: Landing) -> Findings:
    """Of each network card, which may have a network of its own."""
    return Findings.of(*(_of_card(survey, vm, card, number) for number, card in enumerate(landing.cards)))


def _of_card(survey: Survey, vm: str, card: Card, number: int) -> Findings:
    if not card.network_id:
        return Findings()
    where = f"{vm} ({card.name})" if number else vm
    name = last_segment(card.network_id)
    network = survey.landing_place(card.network_id)
    if network.there is None:
        what = f"whether the network {name}, in which {vm} is to start, is in Azure, with its subnet"
        return Findings(unseen=(Unseen(what, network.unread, _let_read("Microsoft.Network/virtualNetworks/read")),))
    gone = f"the network {name}" if not network.there else ""
    if network.lacks_subnet(card.subnet):
        gone = f"the subnet {card.subnet} of the network {name}"
    if not gone:
        return Findings()
    return Findings(
        (
            Blocker(
                Code.MISSING_NETWORK,
                vm,
                cause=f"{gone}, in which {where} is to start, is not in Azure",
                mend=_OF_OTHERS if number else _OF_THE_FIRST,
            ),
        )
    )


_OF_THE_FIRST = "make it again, or write another target.network and target.subnet and run `pulumi up --strict` first"
# A stack declares the first card alone.
_OF_OTHERS = "make it again, or choose another one for it in Azure (Replicated items, the VM, Compute and Network)"


def _storage(survey: Survey, vm: str, landing: Landing) -> Findings:
    if landing.managed_disks is not False or not landing.storage_account_id:
        return Findings()
    name = last_segment(landing.storage_account_id)
    account = survey.landing_place(landing.storage_account_id)
    if account.there is None:
        what = f"whether the storage account {name}, in which the disks of {vm} are kept, is in Azure"
        mend = _let_read("Microsoft.Storage/storageAccounts/read")
        return Findings(unseen=(Unseen(what, account.unread, mend),))
    if account.there:
        return Findings()
    return Findings(
        (
            Blocker(
                Code.MISSING_STORAGE,
                vm,
                cause=f"the storage account {name}, in which the disks of {vm} are kept, is not in Azure",
                mend="look for it in Azure: without it the replica is gone, and the VM has to be protected anew",
            ),
        )
    )


def _let_read(right: str) -> str:
    return f"let the identity read it ({right}), or look at it in Azure"
