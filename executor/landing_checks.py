"""Whether the network and the storage account that a VM is to land in are in Azure."""

from executor.survey import Survey
from lifecycle.blockers import Blocker, Code
from lifecycle.machine import Card, Landing
from lifecycle.observation import Observation
from lifecycle.unseen import Findings, Unseen
from site_recovery.records import last_segment


def checked_landing(survey: Survey, seen: Observation) -> Findings:
    """What of a VM's landing is gone, and what of it cannot be read, which is not held against the VM; what was never
    chosen is told by lifecycle.preconditions."""
    if seen.landing is None:
        return Findings()
    return Findings.of(_network(survey, seen.vm, seen.landing), _storage(survey, seen.vm, seen.landing))


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


_OF_THE_FIRST = "make it again, or write another target.network and target.subnet and run `pulumi up` first"
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
