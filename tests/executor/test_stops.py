"""How a run ends short of its goal: what it says, where the machine stands then, and that the next run goes on."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from executor.move import Outcome, carry_out
from executor.stops import Blocked, Interrupted, StepFailed, StillRunning, Waiting
from lifecycle.approval import approvable
from lifecycle.blockers import Blocker, Code
from lifecycle.directions import Direction, Place
from lifecycle.observation import Observation
from lifecycle.options import Commit, FailoverMode, MoveOptions
from lifecycle.planner import plan
from lifecycle.stages import Stage, stage_of
from lifecycle.steps import PlannedStep, Step
from site_recovery.records import JobRecord
from tests.executor.killed import Death, Instant, run_in_child
from tests.executor.site import AZURE, BOLD, HOME, PLANNED, Run, Site, Told
from tests.site_recovery.prepared import HOURS, protect


def fail(site: Site, scenario: str, task: str) -> None:
    site.fault(
        name="fails",
        job={"scenario": scenario, "task": task},
        when={"once": True},
        effect="fail",
        error={
            "serviceCode": "150097",
            "message": "The step could not be done.",
            "possibleCauses": "There is no quota of cores left.",
            "recommendedAction": "Ask for more quota.",
            "providerCode": 31389,
            "providerMessage": "The host says no.",
        },
    )


def failed_jobs(site: Site) -> int:
    return sum(job.state == "Failed" for job in site.service.jobs())


@pytest.mark.parametrize(
    ("begins", "goal", "options", "scenario", "task", "shown"),
    [
        ("protected", AZURE, BOLD, "UnplannedFailover", "VmFailover", "Start failover"),
        ("protected", AZURE, PLANNED, "PlannedFailover", "VmPrepareForFailover", "Preparing for failover"),
        ("failedOver", AZURE, BOLD, "CommitFailover", "VmCommit", "Commit"),
        ("committed", AZURE, BOLD, "ReprotectReplicationGroup", "EnableProtection", "Enable replication"),
        ("replicatesBack", HOME, BOLD, "Failback", "DataSyncForFailback", "Data synchronization"),
        ("synchronized", HOME, BOLD, "Failback", "VmShutdownVmOnSecondary", "Shut down the virtual machine"),
    ],
)
def test_a_job_that_fails_is_told_with_task_errors_causes_and_action_and_not_tried_again(
    site: Site, *, begins: str, goal: Direction, options: MoveOptions, scenario: str, task: str, shown: str
) -> None:
    site.begin(begins, options)
    fail(site, scenario, task)

    words = site.run(goal, options).stopped(StepFailed)
    assert f"in the task '{shown}'" in words
    for said in ("150097", "The host says no. (31389)", "There is no quota", "Ask for more quota", "Now: vm01"):
        assert said in words
    assert failed_jobs(site) == 1

    site.run(goal, options).reached()
    assert failed_jobs(site) == 1


def test_a_failback_that_fails_with_the_azure_machine_off_waits_for_a_person_to_start_it(site: Site) -> None:
    site.begin("synchronized")
    fail(site, "Failback", "VmFailover")
    assert "NEITHER COPY RUNS" in site.run(HOME).stopped(StepFailed)
    run = site.run(HOME, steps=frozenset(step.value for step in Step))
    assert isinstance(run.stop, Blocked)
    assert "start the Azure VM if it is the true copy" in str(run.stop)

    site.simulator.arm("POST", f"{site.truth()['azure']['id']}/start", version="2024-07-01")
    site.simulator.advance(120)
    site.run(HOME).reached()
    assert site.truth()["running"] == "onPremises"
    assert not site.truth()["onPremises"]["corrupted"]


def test_a_limit_ends_the_waiting_and_not_the_job(site: Site) -> None:
    site.fault(name="hangs", job={"scenario": "UnplannedFailover", "task": "VmFailover"}, effect="hang")
    short = replace(BOLD, step_limits={"failover": 30})
    words = site.run(AZURE, short).stopped(StillRunning)
    assert "in progress" in words
    assert "after 30 min" in words
    assert "is failing over to Azure" in words
    assert site.jobs() == [("UnplannedFailover", "InProgress")]
    again = site.run(AZURE, short)
    assert isinstance(again.stop, StillRunning)
    assert any("at it already" in note for note in again.told.notes)
    assert site.accepted() == ["UnplannedFailover"]


def test_a_run_that_stopped_waiting_is_gone_on_with(site: Site) -> None:
    seconds = replace(BOLD, step_limits={"failover": 0.5})
    assert isinstance(site.run(AZURE, seconds).stop, StillRunning)
    site.run(AZURE).reached()
    assert site.accepted() == ["UnplannedFailover", "FailoverCommit", "Reprotect"]


class StopsAt(Told):
    """Asks the run to stop as soon as a step is at a task."""

    def __init__(self, cancelled: threading.Event) -> None:
        super().__init__()
        self._cancelled = cancelled

    def progress(self, planned: PlannedStep, job: JobRecord) -> None:
        super().progress(planned, job)
        self._cancelled.set()


def test_a_run_that_is_asked_to_stop_leaves_its_job_running_and_is_gone_on_with(site: Site) -> None:
    cancelled = threading.Event()
    run = site.run(AZURE, cancelled=cancelled, told=StopsAt(cancelled))
    assert "stopped watching as asked" in run.stopped(Interrupted)
    assert site.accepted() == ["UnplannedFailover"]
    site.run(AZURE).reached()
    assert site.accepted() == ["UnplannedFailover", "FailoverCommit", "Reprotect"]


def test_a_run_that_is_asked_to_stop_before_a_step_does_not_begin_it(site: Site) -> None:
    cancelled = threading.Event()
    cancelled.set()
    assert "before failover" in site.run(AZURE, cancelled=cancelled).stopped(Interrupted)
    assert site.accepted() == []


def test_an_item_that_lags_behind_its_job_is_waited_for(site: Site) -> None:
    """The commit's job is over, the item still names it: no stage fits, and it is neither ours nor anybody's."""
    site.begin("failedOver")
    order = site.order(AZURE, BOLD)
    site.admin("PUT", "/clock", {"manual": True})
    assert run_in_child(site.connection(), order, Death("failoverCommit", Instant.AFTER_POST)).killed
    site.simulator.advance(1.3)
    seen = site.observe()
    assert (seen.job, seen.scenario, seen.allowed) == (None, "CommitFailover", frozenset())

    found: list[Run] = []
    runner = threading.Thread(target=lambda: found.append(site.run(AZURE, steps=order.steps)))
    reads = site.admin("GET", "/audit")["reads"]
    runner.start()
    while runner.is_alive():
        now = site.admin("GET", "/audit")["reads"]
        if sum(now.values()) - sum(reads.values()) > 8:
            break
    assert runner.is_alive(), found
    site.admin("PUT", "/clock", {"manual": False})
    runner.join(60)
    found[0].reached()
    assert site.accepted() == ["FailoverCommit", "Reprotect"]


class _ItemsStand(Told):
    """From the first look at a job, the list of items goes on to show what it shows then."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site, self._stands = site, False

    def progress(self, planned: PlannedStep, job: JobRecord) -> None:
        super().progress(planned, job)
        if self._stands:
            return
        self._stands = True
        items = self._site.items["vm01"].partition("/replicationFabrics/")[0] + "/replicationProtectedItems"
        shown = self._site.simulator.arm("GET", items, version="2025-08-01").json()
        lists = {"operation": "ReplicationProtectedItems_List"}
        self._site.fault(name="stands", request=lists, answer={"status": 200, "body": shown})


def test_an_item_that_lags_for_long_is_in_progress_and_no_failure(site: Site) -> None:
    run = site.run(AZURE, told=_ItemsStand(site))
    words = run.stopped(StillRunning)
    assert "in progress; the job of failover has succeeded, and the item has not shown it" in words
    assert site.accepted() == ["UnplannedFailover"]
    site.admin("DELETE", "/faults")
    site.run(AZURE).reached()
    assert site.accepted() == ["UnplannedFailover", "FailoverCommit", "Reprotect"]


def test_an_unplanned_failover_whose_shutdown_failed_is_not_committed_without_an_attestation(site: Site) -> None:
    site.fault(name="deaf", job={"scenario": "UnplannedFailover", "task": "*Shutdown*"}, effect="shutdownFails")
    run = site.run(AZURE, told=_ToldBefore("Start failover"))
    assert "sourceOff" in run.stopped(Waiting)
    assert "attestations" in str(run.stop)
    assert site.truth()["running"] == "both"
    # By hand nothing else stands between a person and the commit than what is told.
    by_hand = replace(BOLD, failover_commit=Commit.MANUAL)
    for again in (run, site.run(AZURE), site.run(AZURE, by_hand)):
        words = again.stopped(Waiting)
        (critical,) = again.told.warnings
        assert critical.startswith("BOTH COPIES OF vm01 MAY RUN: the failover could not shut the on-premises VM down")
        assert f"CRITICAL: {critical}." in words
        assert again.outcome.warnings == [critical]
    assert site.accepted() == ["UnplannedFailover"]

    site.admin("PATCH", "/machines/vm01", {"power": "off"})
    stated = site.run(AZURE, site.stated_off(BOLD)).reached()
    assert stated.told.warnings == []
    assert site.truth()["running"] == "azure"


def test_a_statement_about_an_earlier_failover_opens_no_later_commit(site: Site) -> None:
    site.begin("failedOver")
    stated = site.stated_off(BOLD)
    site.run(AZURE, stated).reached()
    site.run(HOME, stated).reached()
    site.fault(name="deaf", job={"scenario": "UnplannedFailover", "task": "*Shutdown*"}, effect="shutdownFails")
    before = site.accepted()
    words = site.run(AZURE, stated).stopped(Waiting)
    assert site.accepted() == [*before, "UnplannedFailover"]
    made = site.brought_here()
    assert made is not None
    assert f"what: sourceOff, failoverJob: {made.name}," in words


class _ToldBefore(Told):
    """A critical word comes too late once the job is at this task."""

    def __init__(self, task: str) -> None:
        super().__init__()
        self._task = task

    def warning(self, text: str) -> None:
        super().warning(text)
        assert not any(self._task in each for each in self.tasks)


def test_an_unplanned_failover_without_shutdown_is_not_committed_without_an_attestation(site: Site) -> None:
    """The service's task of shutting down says Succeeded even where it was told not to."""
    left_on = replace(BOLD, shutdown_source=False)
    words = site.run(AZURE, left_on).stopped(Waiting)
    assert "sourceOff" in words
    assert "MAY RUN: the failover was not asked to shut the on-premises VM down" in words
    # Nor does it help to declare the shutdown after the fact.
    assert "sourceOff" in site.run(AZURE, BOLD).stopped(Waiting)
    assert site.accepted() == ["UnplannedFailover"]


def test_a_planned_failover_ends_where_the_source_cannot_be_shut_down(site: Site) -> None:
    site.fault(name="deaf", job={"scenario": "PlannedFailover", "task": "*Shutdown*"}, effect="shutdownFails")
    words = site.run(AZURE, PLANNED).stopped(StepFailed)
    assert "Shut down the virtual machine" in words
    assert "runs on premises, protected to Azure" in words
    assert site.truth()["running"] == "onPremises"


def test_a_heartbeat_lost_while_data_is_synchronized_fails_the_step_and_keeps_the_azure_machine(site: Site) -> None:
    site.begin("replicatesBack")
    site.fault(name="lost", job={"scenario": "Failback", "task": "DataSyncForFailback"}, effect="heartbeatLost")
    words = site.run(HOME).stopped(StepFailed)
    assert "Data synchronization" in words
    assert site.truth()["running"] == "azure"
    site.admin("DELETE", "/faults")
    site.admin("PUT", "/hosts/hv01/heartbeat", {"beats": True})
    site.run(HOME).reached()
    assert not site.truth()["onPremises"]["corrupted"]


def test_a_dark_site_is_left_for_azure_and_its_commit_waits_for_a_word_that_it_is_off(site: Site) -> None:
    site.admin("POST", "/sites/contoso-hyperv/dark")
    assert "sourceOff" in site.run(AZURE).stopped(Waiting)
    assert site.truth()["running"] == "azure"
    # Until the service holds the host for disconnected.
    site.simulator.advance(3600)
    run = site.run(AZURE, site.stated_off(BOLD))
    # The tutorial's reprotect needs the site.
    assert "waits before reprotect for its site" in run.stopped(Waiting)
    assert site.accepted() == ["UnplannedFailover", "FailoverCommit"]
    site.admin("POST", "/sites/contoso-hyperv/light")
    # Another `up` is another process.
    site.service = site.connection().open()
    site.run(AZURE).reached()
    assert site.truth()["running"] == "azure"


def test_an_approval_is_of_no_use_once_the_vm_was_protected_anew(site: Site) -> None:
    """Nothing else tells such a VM from the one that was approved: no failback has brought it home."""
    before = _digest(site)
    site.run(AZURE, replace(BOLD, hold_after=Step.FAILOVER)).stopped(Waiting)
    assert _digest(site) == before, "it is of the move, however far that is"
    site.service.protection.disable(site.items["vm01"], timeout_seconds=HOURS)
    protect(site.service, "vm01")
    assert _digest(site) != before


def _digest(site: Site) -> str:
    seen = site.observe()
    assert seen.protected_by_job
    return approvable(seen, AZURE, BOLD).digest


def test_an_approval_that_has_run_out_meanwhile_stops_before_what_cannot_be_undone(site: Site) -> None:
    missing = Blocker(Code.APPROVAL, "vm01", cause="it has run out", mend="have it approved again")
    silent = Blocker(Code.PROVIDER_SILENT, "vm01", cause="the host is silent", mend="bring it back")

    def judge(seen: Observation, *, patient: bool) -> tuple[Blocker, ...]:
        return (missing, silent) if seen.active is Place.AZURE else ()

    outcome = Outcome()
    with pytest.raises(Blocked) as stopped:
        carry_out(replace(site.order(AZURE, BOLD), judge=judge), site.service, Told(), threading.Event(), outcome)
    assert stopped.value.blockers == (missing,), "the conditions of a failover that has begun are past"
    assert site.accepted() == ["UnplannedFailover"]
    site.run(AZURE).reached()


def test_a_host_that_is_lost_meanwhile_stops_before_the_commit_of_a_failback(site: Site) -> None:
    site.begin("synchronized")
    silent = Blocker(Code.COMMIT_WITHOUT_HOST, "vm01", cause="the host is silent", mend="bring it back")
    ill = Blocker(Code.REPLICATION_UNHEALTHY, "vm01", cause="critical", mend="mend it")

    def judge(seen: Observation, *, patient: bool) -> tuple[Blocker, ...]:
        return (silent, ill) if seen.active is Place.ON_PREMISES else ()

    with pytest.raises(Blocked) as stopped:
        carry_out(replace(site.order(HOME, BOLD), judge=judge), site.service, Told(), threading.Event(), Outcome())
    assert stopped.value.blockers == (silent,), "the commit would delete the other copy"
    assert "FailoverCommit" not in site.accepted()
    assert site.truth()["azure"] is not None
    site.run(HOME).reached()


def test_a_host_that_is_lost_while_the_data_is_synchronized_keeps_the_copy_in_azure_running(site: Site) -> None:
    site.begin("replicatesBack")
    silent = Blocker(Code.PROVIDER_SILENT, "vm01", cause="the host is silent", mend="bring it back")

    def judge(seen: Observation, *, patient: bool) -> tuple[Blocker, ...]:
        assert patient is (stage_of(seen) is Stage.WAITING_TO_COMPLETE), "once the move has begun"
        return (silent,) if patient else ()

    with pytest.raises(Blocked) as stopped:
        carry_out(replace(site.order(HOME, BOLD), judge=judge), site.service, Told(), threading.Event(), Outcome())
    assert stopped.value.blockers == (silent,)
    assert site.accepted() == ["PlannedFailover"], "Complete Failover shuts the Azure VM down"
    assert site.truth()["running"] == "azure"
    site.run(HOME).reached()


def test_a_vm_that_has_just_come_home_is_failed_over_once_it_has_a_point_to_start_from(site: Site) -> None:
    site.begin("failbackCommitted")
    none = Blocker(Code.NO_RECOVERY_POINT, "vm01", cause="has no recovery point", mend="wait")
    judged: list[str] = []

    def judge(seen: Observation, *, patient: bool) -> tuple[Blocker, ...]:
        (first, *_) = plan(seen, AZURE, BOLD).steps
        judged.append(first.step.value)
        return (none,) if judged == ["reverseReplicate", "failover"] else ()

    told = Told()
    carry_out(replace(site.order(AZURE, BOLD), judge=judge), site.service, told, threading.Event(), Outcome())
    assert judged[:3] == ["reverseReplicate", "failover", "failover"]
    assert "failover: waits for the first recovery point" in told.notes
    assert site.accepted() == ["Reprotect", "UnplannedFailover", "FailoverCommit", "Reprotect"]


def test_an_old_copy_that_azure_does_not_tell_of_keeps_no_vm_in_a_lost_site(site: Site) -> None:
    site.begin("failbackCommitted")
    site.run(HOME).reached()
    site.service.learn_pace(site.service.jobs()[0].id)
    site.fault(name="out", request={"path": "*/Microsoft.Compute/virtualMachines/*"}, answer={"status": 503})
    planned = site.run(AZURE, replace(BOLD, mode=FailoverMode.PLANNED))
    assert "power state" in str(planned.stop), "nobody is in a hurry"
    run = site.run(AZURE, told=_HealedAt(Step.FAILOVER, site))
    assert run.taken[0] == "failover"
    run.reached()


class _HealedAt(Told):
    """The service is well again at the moment when this step begins."""

    def __init__(self, step: Step, site: Site) -> None:
        super().__init__()
        self._step, self._site = step, site

    def step(self, planned: PlannedStep) -> None:
        super().step(planned)
        if planned.step is self._step:
            self._site.admin("DELETE", "/faults")


def test_both_copies_running_stops_everything(site: Site) -> None:
    site.begin("failedBack")
    site.admin("POST", "/faults", {"faults": []})
    azure = site.truth()["azure"]["id"]
    answer = site.simulator.arm("POST", f"{azure}/start", version="2024-07-01")
    assert answer.status_code in {200, 202}, answer.text
    site.simulator.advance(120)
    assert site.truth()["running"] == "both"
    run = site.run(HOME, steps=frozenset(step.value for step in Step))
    assert isinstance(run.stop, Blocked)
    assert [blocker.code for blocker in run.stop.blockers] == [Code.BOTH_RUNNING]
    assert site.accepted() == []


def test_neither_copy_running_stops_everything(site: Site) -> None:
    site.begin("failedOver")
    azure = site.truth()["azure"]["id"]
    site.simulator.arm("POST", f"{azure}/deallocate", version="2024-07-01")
    site.simulator.advance(120)
    run = site.run(AZURE, steps=frozenset(step.value for step in Step))
    assert isinstance(run.stop, Blocked)
    assert [blocker.code for blocker in run.stop.blockers] == [Code.NEITHER_RUNNING]
    assert site.accepted() == []


@pytest.mark.parametrize(
    ("begins", "goal", "power"), [("failedOver", AZURE, "deallocate"), ("failedBack", HOME, "start")]
)
def test_a_process_that_has_only_just_begun_commits_no_sooner_than_it_knows_which_copy_runs(
    site: Site, begins: str, goal: Direction, power: str
) -> None:
    site.begin(begins)
    order = site.order(goal, BOLD)
    _switch(site, power)
    ended = run_in_child(site.connection(), order, None)
    assert ended.stop.startswith("Blocked"), ended
    assert site.accepted() == []


def test_a_commit_that_has_to_wait_looks_again_which_copy_runs(site: Site) -> None:
    site.begin("failedOver")
    site.fault(
        name="busy",
        request={"operation": "*_FailoverCommit"},
        when={"once": True},
        answer={"status": 429},
    )
    told = _SwitchedOffAt("looks again in", site)
    run = site.run(AZURE, told=told)
    assert isinstance(run.stop, Blocked)
    assert [blocker.code for blocker in run.stop.blockers] == [Code.NEITHER_RUNNING]
    assert site.accepted() == []


def test_a_commit_is_not_made_while_azure_does_not_say_which_copy_runs(site: Site) -> None:
    site.begin("failedOver")
    site.service.learn_pace(site.service.jobs()[0].id)
    site.fault(name="out", request={"path": "*/Microsoft.Compute/virtualMachines/*"}, answer={"status": 503})
    run = site.run(AZURE, steps=frozenset(step.value for step in Step))
    assert "power state" in str(run.stop)
    assert site.accepted() == []
    site.admin("DELETE", "/faults")
    site.run(AZURE).reached()


class _SwitchedOffAt(Told):
    """Somebody switches the Azure VM off at the moment when this is said."""

    def __init__(self, words: str, site: Site) -> None:
        super().__init__()
        self._words, self._site = words, site

    def note(self, text: str) -> None:
        super().note(text)
        if self._words in text:
            _switch(self._site, "deallocate")


def _switch(site: Site, power: str) -> None:
    azure = site.truth()["azure"]["id"]
    answer = site.simulator.arm("POST", f"{azure}/{power}", version="2024-07-01")
    assert answer.status_code in {200, 202}, answer.text
    site.simulator.advance(120)


def test_a_cancelled_failover_is_told_for_what_it_is(site: Site) -> None:
    """Somebody cancels the failover in the portal: the machine no longer replicates."""
    site.fault(name="hangs", job={"scenario": "UnplannedFailover", "task": "VmFailover"}, effect="hang")
    assert isinstance(site.run(AZURE, replace(BOLD, step_limits={"failover": 30})).stop, StillRunning)
    (job,) = [job for job in site.service.jobs() if not job.finished]
    site.admin("POST", f"/portal/jobs/{job.name}/cancel")
    run = site.run(AZURE, steps=frozenset(step.value for step in Step))
    assert isinstance(run.stop, Blocked)
    assert "does not replicate" in str(run.stop)
    assert site.accepted() == ["UnplannedFailover"]
