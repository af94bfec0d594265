"""What a move would cost: everything that a person has to answer for, as facts. The words are in impact_text.

Every number says where it is from, and what is not known is said to be unknown.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lifecycle.data_loss import NOT_TOLD, Start, begins_failover, last_sign_of_life
from lifecycle.declared import Declared
from lifecycle.directions import Direction, Place, change_in_words
from lifecycle.estimates import OUTAGE, Estimate, Finished, Times, times
from lifecycle.intent import where_it_runs
from lifecycle.machine import Card, Landing
from lifecycle.observation import Observation
from lifecycle.options import DataSync, FailoverMode
from lifecycle.permits import Attestation
from lifecycle.planner import Plan
from lifecycle.source_shutdown import both_may_run
from lifecycle.spans import span
from lifecycle.stages import NEITHER_RUNS, WORDS, Stage
from lifecycle.steps import PlannedStep, Step
from lifecycle.verdict import Assessment
from lifecycle.warnings import Notice, rpo


@dataclass(frozen=True)
class Impact:
    """One VM's move. `outside` are the changes that others will notice, as (what, how it will be)."""

    seen: Observation
    plan: Plan
    declared: Declared
    assessment: Assessment
    times: Times

    @property
    def headline(self) -> str:
        """`sql01: runs on premises -> runs in Azure (direction azureToOnPremises)`."""
        if self.plan.stage is Stage.COMPLETING_FAILBACK:
            return f"{self.plan.vm}: {NEITHER_RUNS} -> runs {self.plan.goal.runs.words} (direction {self.plan.goal})"
        return change_in_words(self.plan.vm, where_it_runs(self.seen), self.plan.goal)

    def consequence(self, planned: PlannedStep) -> str:
        """What exactly an irreversible step does away with; empty for the others."""
        if not planned.irreversible:
            return ""
        if planned.step is Step.CHANGE_RECOVERY_POINT:
            return "what was written in Azure since the failover is lost"
        if self.plan.goal.runs is Place.AZURE:
            count = len(self.seen.recovery_points) if self.seen.recovery_points else None
            points = f"all {count} recovery points" if count else "all recovery points"
            return f"deletes {points} of {self.plan.vm}: from then on no older state of it can be chosen"
        name = self.seen.azure_vm_name or self.plan.vm
        where = _name_of(self.seen.landing.resource_group_id) if self.seen.landing else None
        group = f" (resource group {where})" if where else ""
        return f"deletes the Azure VM {name}{group} and its disks: what was not brought home is gone"

    @property
    def outside(self) -> tuple[tuple[str, str], ...]:
        """Of the steps that are still to come: nothing where they are not known."""
        if not self.plan.steps:
            return ()
        if self.plan.goal.runs is Place.ON_PREMISES:
            return self._outside_at_home()
        name = self.seen.azure_vm_name or self.plan.vm
        if not self._comes(Step.FAILOVER, Step.CHANGE_RECOVERY_POINT):
            return (("in Azure", f"nothing: the VM {name} runs there already, and stays as it is"),)
        if not self._comes(Step.FAILOVER):
            return (("in Azure", f"the VM {name} is stopped, and started again from the other recovery point"),)
        return _made_of(self.seen.landing, self.plan.vm)

    def _outside_at_home(self) -> tuple[tuple[str, str], ...]:
        name = self.seen.azure_vm_name or self.plan.vm
        home = "nothing: the VM runs there already"
        azure = f"nothing: the commit has deleted the VM {name} and its disks"
        if self._comes(Step.COMPLETE_FAILOVER):
            other = self.declared.options.host_needed(failback=True)
            host = f"on {other}, if it is gone from its own host" if other else "on its own host"
            home = f"the VM starts {host}, with its own name, networks and addresses"
            azure = f"the VM {name} is shut down, and deleted by the commit"
        elif self._comes(Step.COMMIT):
            azure = f"the VM {name} is turned off, and deleted by the commit"
        return (("on premises", home), ("in Azure", azure))

    @property
    def way_back(self) -> tuple[str, str]:
        """Before the commit, and after it."""
        if not self.plan.steps:
            return NOT_TOLD, NOT_TOLD
        if self.plan.goal.runs is Place.AZURE:
            return self._undone_in_azure(), self._way_home()
        again = f"declare {self.plan.vm} azureToOnPremises again, once it replicates to Azure and has a recovery point"
        return self._undone_at_home(), again

    def _undone_in_azure(self) -> str:
        past = self._past_the_commit()
        if past:
            return f"{past}, and no other recovery point can be changed to any more"
        return (
            f"{_left_behind(self.seen)}. Another recovery point can be changed to (failover.changeRecoveryPoint), "
            "which loses what came after it. The service offers the way home only after the commit"
        )

    def _undone_at_home(self) -> str:
        past = self._past_the_commit()
        if past:
            return f"{past}, which deletes the Azure VM and its disks"
        return "the Azure VM and its disks are still there, turned off: until the commit they are the safety copy"

    def _way_home(self) -> str:
        how = "its changes are synchronized while the Azure VM runs, then that is shut down and the VM brought home"
        if self.declared.options.data_sync is DataSync.DURING_FAILOVER:
            how = "the Azure VM is shut down, all its data downloaded meanwhile, and the VM brought home"
        when = "" if self.seen.provider_connected else ", once its host is back"
        kept = "Nothing that was written in Azure is lost"
        if self.declared.options.mode is FailoverMode.UNPLANNED:
            kept += "; what was written on premises after the recovery point is overwritten"
        return f"declare {self.plan.vm} onPremisesToAzure again{when}: {how}. {kept}"

    def _comes(self, *steps: Step) -> bool:
        """Whether one of the steps is still to come, or under way."""
        return any(planned.step in steps for planned in self.plan.steps)

    def _past_the_commit(self) -> str:
        """Empty before it; a commit that is under way is not taken back."""
        commits = [planned.running for planned in self.plan.steps if planned.step is Step.COMMIT]
        if not commits:
            return "past: the move is committed"
        return "past: the commit is under way" if commits[0] else ""

    @property
    def outage_note(self) -> str:
        """What the estimate of the outage leaves out: the time that has passed already. Empty where there is none."""
        if self.times.outage is None:
            return ""
        first, job = self.plan.steps[0], self.seen.job
        if first.running and job is not None and first.step in OUTAGE:
            # A failback's job has synchronized before, while the Azure VM ran.
            since = job.completing_since if first.step is Step.COMPLETE_FAILOVER else job.started
            return f"{span((self.seen.at - since).total_seconds())} of it have passed" if since is not None else ""
        dead = self.seen.provider_connected is False and self.plan.goal.runs is Place.AZURE
        alive = last_sign_of_life(self.seen)
        if dead and begins_failover(self.plan) and alive is not None:
            return (
                f"to come; if the VM went down with its host, it has been down for "
                f"{span((self.seen.at - alive).total_seconds())} already"
            )
        return ""

    @property
    def stated(self) -> tuple[Attestation, ...]:
        """What people have stated of the VM and still holds."""
        held = (each for each in self.declared.permits.attestations if self.seen.at < each.until)
        return tuple(each for each in held if each.is_about(self.seen.last_failover_job))

    def as_facts(self) -> dict[str, Any]:
        """Plain values: the `vms` of the report, as docs/schema/impact.schema.json has them."""
        assessment, due = self.assessment, self.plan
        return {
            "vm": due.vm,
            "decision": "move",
            "verdict": assessment.verdict.value,
            "headline": self.headline,
            "direction": due.goal.value,
            "from": _standing(where_it_runs(self.seen), due.stage.value, WORDS[due.stage]),
            "to": _standing(due.goal.runs, due.to_stage.value, WORDS[due.to_stage]),
            "steps": [self._step(planned) for planned in due.steps],
            "dataLoss": {
                "seconds": assessment.loss.seconds,
                "words": assessment.loss.words,
                "recoveryPoint": _point(assessment.loss.start, self.seen.at),
            },
            "outage": _estimate(self.times.outage),
            "outageNote": self.outage_note,
            "synchronization": _estimate(self.times.synchronization),
            "outside": [{"what": what, "becomes": becomes} for what, becomes in self.outside],
            "wayBack": {"beforeCommit": self.way_back[0], "afterCommit": self.way_back[1]},
            "blockers": [
                {**blocker.as_input(), "object": blocker.rule.object, "waivable": blocker.rule.waivable}
                for blocker in assessment.blockers
            ],
            "warnings": [
                {"code": str(warned.code), "text": warned.text, "critical": warned.critical}
                for warned in assessment.warnings
            ],
            "attestations": [_stated(each) for each in self.stated],
            "approval": self._approval(),
        }

    def _step(self, planned: PlannedStep) -> dict[str, Any]:
        return {
            "name": planned.step.value,
            "does": planned.does,
            "by": planned.actor.value,
            "reversible": planned.reversible,
            "consequence": self.consequence(planned),
            "running": planned.running,
            "conditional": planned.conditional,
            "waits": planned.waits,
            "duration": _estimate(self.times.steps.get(planned.step)),
        }

    def _approval(self) -> dict[str, Any] | None:
        wanted, given = self.assessment.approvable, self.assessment.approval
        if wanted is None:
            return None
        return {
            "digest": wanted.digest,
            "required": self.declared.permits.require_approval,
            "by": given.by if given else None,
            "until": given.until.isoformat() if given else None,
            "covers": {"from": wanted.starts, "steps": list(wanted.steps), "acceptedDataLoss": wanted.worst_loss},
        }


def impact_of(
    seen: Observation, due: Plan, declared: Declared, assessment: Assessment, finished: Iterable[Finished]
) -> Impact:
    """The impact of one VM's plan. `finished` are the vault's own jobs, newest first."""
    under_way = seen.job.scenario if seen.job is not None and seen.job.running else ""
    return Impact(seen, due, declared, assessment, times(due, declared.options, finished, under_way))


def standing_line(seen: Observation, declared: Declared, stage_words: str) -> str:
    """One line for a VM that does not move: where it runs and how it is protected."""
    parts = [stage_words]
    if seen.replication_health.casefold() in {"warning", "critical"}:
        parts.append(f"replication {seen.replication_health.casefold()}")
    if where_it_runs(seen) is Place.ON_PREMISES and stage_words == WORDS[Stage.PROTECTED]:
        parts.append(f"{span(seen.rpo_seconds)} behind" if seen.rpo_seconds is not None else "RPO unknown")
        parts += [
            f"{'CRITICAL' if warned.critical else 'warning'}: {warned.text}"
            for warned in rpo(seen, declared.targets)
            if warned.code == Notice.RPO_ABOVE_TARGET
        ]
    if seen.azure_vm_unread:
        parts.append(f"whether its Azure VM runs is not known ({seen.azure_vm_unread.rstrip('.')})")
    if left_on := both_may_run(seen, declared.options):
        parts.append(f"CRITICAL: {left_on}")
    return f"{seen.vm}: {', '.join(parts)}"


def standing_facts(seen: Observation, decision: str, stage: str, stage_words: str, line: str) -> dict[str, Any]:
    """A VM that does not move, as the report has it."""
    place = where_it_runs(seen)
    return {
        "vm": seen.vm,
        "decision": decision,
        "direction": Direction.of(place).value,
        "from": _standing(place, stage, stage_words),
        "line": line,
    }


def _standing(place: Place, stage: str, words: str) -> dict[str, str]:
    return {"place": place.value, "stage": stage, "words": words}


def _made_of(landing: Landing | None, vm: str) -> tuple[tuple[str, str], ...]:
    """What a failover makes in Azure."""
    if landing is None:
        return (("Azure VM", "unknown: the service does not say what it becomes"),)
    size = f"size {landing.size}" if landing.size else "its size chosen by the service"
    return (
        ("Azure VM", f"{landing.name or vm}, {size}"),
        ("resource group", _name_of(landing.resource_group_id) or "not known"),
        ("network", _network(landing.cards[0])),
        ("address", _address(landing.cards[0])),
        *((card.name, f"{_network(card)}; {_address(card)}") for card in landing.cards[1:]),
        *((card.name, "not made in Azure") for card in landing.more_cards if not card.made),
    )


def _left_behind(seen: Observation) -> str:
    if seen.provider_connected:
        return "the on-premises VM and its disks are as they were when it was left"
    return "what is left of the on-premises VM and its disks is not known, as its host is not known to be connected"


def _stated(held: Attestation) -> dict[str, Any]:
    about = {} if held.failover_job is None else {"failoverJob": held.failover_job}
    return {"what": held.what, **about, "by": held.by, "until": held.until.isoformat()}


def _estimate(estimate: Estimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    return {
        "lowSeconds": estimate.low,
        "highSeconds": estimate.high,
        "words": estimate.words,
        "measuredJobs": estimate.jobs,
        "source": estimate.source,
    }


def _point(start: Start | None, now: datetime) -> dict[str, Any] | None:
    if start is None:
        return None
    kind = "madeByFailover"
    if start.point is not None:
        kind = "applicationConsistent" if start.point.app_consistent else "crashConsistent"
    return {
        "id": start.point.id if start.point is not None else None,
        "time": start.time.isoformat(),
        "ageSeconds": max((now - start.time).total_seconds(), 0.0),
        "kind": kind,
        "words": start.words,
    }


def _network(card: Card) -> str:
    subnet = f", subnet {card.subnet}" if card.subnet else ""
    return f"{_name_of(card.network_id)}{subnet}" if card.network_id else "none"


def _address(card: Card) -> str:
    return card.static_ip or "any free one of the subnet: whoever knows the VM by address has to learn it"


def _name_of(arm_id: str | None) -> str | None:
    return arm_id.rstrip("/").rsplit("/", 1)[-1] if arm_id else None
