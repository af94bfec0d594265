"""Whether the network and the storage account that a VM is to land in are in Azure."""

from collections.abc import Iterator

from executor.survey import Survey
from lifecycle.blockers import Blocker, Code
from lifecycle.observation import Observation
from site_recovery.records import last_segment


def landing_blockers(survey: Survey, seen: Observation) -> Iterator[Blocker]:
    """What of a VM's landing is gone. What cannot be read is not held against it; what was never chosen is told by
    lifecycle.preconditions."""
    landing = seen.landing
    if landing is None:
        return
    if landing.network_id:
        name = last_segment(landing.network_id)
        network = survey.landing_place(landing.network_id)
        gone = f"the network {name}" if network.there is False else ""
        if network.there and landing.subnet and landing.subnet.casefold() not in network.subnets:
            gone = f"the subnet {landing.subnet} of the network {name}"
        if gone:
            yield Blocker(
                Code.MISSING_NETWORK,
                seen.vm,
                cause=f"{gone}, in which {seen.vm} is to start, is not in Azure",
                mend="make it again, or write another target.network and target.subnet and run `pulumi up` first",
            )
    if landing.managed_disks is False and landing.storage_account_id:
        account = survey.landing_place(landing.storage_account_id)
        if account.there is False:
            yield Blocker(
                Code.MISSING_STORAGE,
                seen.vm,
                cause=f"the storage account {landing.storage_account_id.rstrip('/').rsplit('/', 1)[-1]}, in which the "
                f"disks of {seen.vm} are kept, is not in Azure",
                mend="look for it in Azure: without it the replica is gone, and the VM has to be protected anew",
            )
