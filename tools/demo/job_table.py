"""``python -m tools.demo.job_table STACK_FILE VM``: the service's own jobs, held against the tutorial's four stages.

Read with the Azure SDK and nothing of this project, so that the table is the service's word and not ours. Runs in the
project's virtual environment. Ends with 1 where the jobs of VM are not the tutorial's, or another VM was moved.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from azure.identity import ClientSecretCredential
from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML

# The jobs of one VM there and back, as the service names them, and the tutorial's words for what they do.
THERE_AND_BACK = [
    ("UnplannedFailover", "Stage 1: fail over to Azure"),
    ("CommitFailover", "Stage 1: fail over to Azure"),
    ("ReprotectReplicationGroup", "Stage 2: reprotect Azure VMs"),
    ("Failback", "Stage 3: fail over to on-premises"),
    ("CommitFailover", "Stage 3: fail over to on-premises"),
    ("ReprotectReplicationGroup", "Stage 4: reprotect on-premises VMs"),
]


def main(stack_file: Path, vm: str) -> int:
    jobs = _since_the_first_flip(_all_jobs(stack_file), vm)
    Console(width=110).print(_table(jobs, vm))
    complaint = _complaint(jobs, vm)
    if complaint:
        print(complaint, file=sys.stderr)
    return 1 if complaint else 0


def _since_the_first_flip(jobs: list[Any], vm: str) -> list[Any]:
    """What the service did to any VM from the first failover of `vm` on, of whatever kind."""
    flip = next(
        (
            place
            for place, job in enumerate(jobs)
            if (job.properties.target_object_name, job.properties.scenario_name) == (vm, THERE_AND_BACK[0][0])
        ),
        0,
    )
    return jobs[flip:]


def _all_jobs(stack_file: Path) -> list[Any]:
    """Every job of the vault, oldest first, each read by itself: the list leaves the tasks out."""
    config = YAML(typ="safe").load(stack_file.read_text(encoding="utf-8"))["config"]
    vault = config["site-recovery:vault"]
    group, name = vault["resourceGroup"], vault["name"]
    jobs = _client().replication_jobs
    listed = [jobs.get(group, name, job.name or "") for job in jobs.list(group, name)]
    return sorted(listed, key=lambda job: str(job.properties.start_time or ""))


def _client() -> SiteRecoveryManagementClient:
    credential = ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=os.environ["AZURE_AUTHORITY_HOST"],
        disable_instance_discovery=True,
    )
    return SiteRecoveryManagementClient(
        credential, os.environ["AZURE_SUBSCRIPTION_ID"], base_url=os.environ["ARM_ENDPOINT"]
    )


def _table(jobs: list[Any], vm: str) -> Table:
    table = Table(title="The service's own jobs, in order", box=SIMPLE_HEAD, title_justify="left")
    table.add_column("job of the service, and its tasks", min_width=58)
    table.add_column("VM")
    table.add_column("took", justify="right")
    table.add_column("state")
    stages = iter(THERE_AND_BACK)
    shown = ""
    for job in jobs:
        properties: Any = job.properties
        stage = next(stages, ("", shown))[1] if properties.target_object_name == vm else "not of the tutorial"
        if stage != shown:
            table.add_section()
            table.add_row(f"[bold]{stage}[/bold]")
            shown = stage
        name = f"  {properties.friendly_name} ({properties.scenario_name})"
        table.add_row(name, properties.target_object_name, str(_took(properties)), properties.state)
        for task in properties.tasks or []:
            skipped = task.state_description == "Skipped"
            table.add_row(
                f"    [dim]{task.friendly_name or task.name}[/dim]",
                "",
                "" if skipped else f"[dim]{_took(task)}[/dim]",
                f"[dim]{'Skipped' if skipped else task.state}[/dim]",
            )
    return table


def _took(timed: Any) -> timedelta:
    """In the service's time, to the second."""
    if not timed.start_time or not timed.end_time or timed.end_time < timed.start_time:
        return timedelta()
    return timedelta(seconds=round((timed.end_time - timed.start_time).total_seconds()))


def _complaint(jobs: list[Any], vm: str) -> str:
    """What is not as the tutorial has it; empty where all is."""
    of_vm = [job.properties for job in jobs if job.properties.target_object_name == vm]
    others = sorted({str(job.properties.target_object_name) for job in jobs} - {vm})
    expected = [scenario for scenario, _ in THERE_AND_BACK]
    actual = [properties.scenario_name for properties in of_vm]
    if actual != expected:
        return f"The jobs of {vm} are {', '.join(actual) or 'none'}; the tutorial has {', '.join(expected)}."
    failed = [
        f"{properties.scenario_name} ({properties.state})" for properties in of_vm if properties.state != "Succeeded"
    ]
    if failed:
        return f"Not all jobs of {vm} succeeded: {', '.join(failed)}."
    if others:
        return f"Only {vm} was to be moved, but there are moves of {', '.join(others)} too."
    return ""


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
