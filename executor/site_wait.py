"""Waiting for a site that is down, where the service could only fail what it is asked for."""

from executor.stops import Waiting
from executor.survey import survey_of
from lifecycle.directions import Direction, Place
from lifecycle.observation import Observation
from lifecycle.options import MoveOptions
from lifecycle.preconditions import heartbeat_in_words
from lifecycle.steps import PlannedStep, Step
from site_recovery.service import SiteRecovery


def wait_for_site(
    service: SiteRecovery, planned: PlannedStep, seen: Observation, goal: Direction, options: MoveOptions
) -> None:
    """Raises Waiting before a reprotect of ours to a host that is known to be disconnected.

    The VM runs in Azure and is safe there, while every call would end as one more failed job. Of a host that nobody can
    tell of nothing is concluded: the service itself then says.
    """
    if planned.step is not Step.REPROTECT or planned.running:
        return
    survey = survey_of(service)
    survey.look_again()
    hosted = survey.with_host(seen, host=options.host_needed(failback=goal.runs is Place.ON_PREMISES))
    if hosted.provider_connected is not False:
        return
    heard = heartbeat_in_words(hosted.provider_last_heartbeat, hosted.at)
    raise Waiting(
        f"{seen.vm} waits before {planned.step} for its site: the host does not answer ({heard})",
        "bring the site and the Azure Site Recovery provider of the host back, then run `pulumi up --strict` again "
        "once Azure shows it as connected; nothing is lost by waiting, and other VMs can be moved meanwhile",
        seen,
    )
