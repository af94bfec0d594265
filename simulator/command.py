"""The simulator's command line: ``serve`` runs it, ``env`` prints what a client's shell needs."""

from __future__ import annotations

import json
import os
import shlex
import sqlite3
from pathlib import Path

import click

from simulator.clock import Clock
from simulator.faults import FaultBook, load_scenario
from simulator.server import Ready, ServerError, ServerOptions, serve
from simulator.world import Lag, Profile, Refusal, Settings, World

_FILE = click.Path(dir_okay=False, path_type=Path)
_EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def main() -> None:
    """Azure Site Recovery and its neighbours, simulated on loopback."""


@main.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes any free port.")
@click.option(
    "--profile", type=click.Choice([profile.value for profile in Profile]), default="tutorial", show_default=True
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Simulated seconds a second.",
)
@click.option("--manual-clock", is_flag=True, help="Time moves only when the admin API moves it.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed and calls give the same bodies.")
@click.option("--state", type=_FILE, help="SQLite file of the state; keys are kept beside it. In memory if left out.")
@click.option("--inventory", type=_EXISTING, help="YAML file of Hyper-V hosts and VMs; a small one if left out.")
@click.option("--scenario", type=_EXISTING, help="YAML file of faults.")
@click.option("--ready-file", type=_FILE, help="Written once the simulator answers; read by `env`.")
@click.option("--loose", is_flag=True, help="Tolerate unknown fields in requests.")
@click.option("--throttle", is_flag=True, help="Limit requests as Azure Resource Manager does.")
@click.option(
    "--refusals",
    type=click.Choice([refusal.value for refusal in Refusal]),
    default=Refusal.IN_THE_JOB.value,
    show_default=True,
    help="A call in the wrong state: refused at once, or accepted and failed in its job.",
)
@click.option(
    "--job-list-lag",
    type=click.FloatRange(min=0, max=600),
    default=Lag.job_list,
    show_default=True,
    help="Simulated seconds that the list of jobs runs behind at most; 0 for none.",
)
@click.option(
    "--item-lag",
    type=click.FloatRange(min=0, max=600),
    default=Lag.item,
    show_default=True,
    help="Simulated seconds that an item runs behind its job at most; 0 for none.",
)
@click.option("--http", is_flag=True, help="Serve without TLS. Most clients then refuse to send a token.")
def serve_command(
    *,
    host: str,
    port: int,
    profile: str,
    speed: float,
    manual_clock: bool,
    seed: int,
    state: Path | None,
    inventory: Path | None,
    scenario: Path | None,
    ready_file: Path | None,
    loose: bool,
    throttle: bool,
    refusals: str,
    job_list_lag: float,
    item_lag: float,
    http: bool,
) -> None:
    """Serve a simulated Azure until SIGTERM or Ctrl-C."""
    settings = Settings(
        profile=Profile(profile),
        seed=seed,
        refusal=Refusal(refusals),
        lag=Lag(job_list=job_list_lag, item=item_lag),
        loose=loose,
        inventory=inventory,
    )
    options = ServerOptions(
        host=host,
        port=port,
        keys=state.with_name(f"{state.name}.keys") if state else None,
        ready_file=ready_file,
        throttle=throttle,
        http=http,
    )
    try:
        if state is not None:
            state.parent.mkdir(parents=True, exist_ok=True)
        world = World(settings, Clock(speed=speed, manual=manual_clock), state)
        try:
            if scenario is not None:
                world.room(FaultBook).declare(load_scenario(scenario), afresh=False)
            serve(world, options)
        finally:
            world.close()
    except sqlite3.Error as error:
        raise click.ClickException(f"The state in {state} cannot be used: {error}.") from error
    except (ServerError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error


@main.command("env")
@click.option("--ready-file", type=_FILE, required=True, help="The file that `serve --ready-file` wrote.")
@click.option("--shell", type=click.Choice(["sh", "powershell"]), default="sh", show_default=True)
def env_command(ready_file: Path, shell: str) -> None:
    """Print the lines that point a client's shell at a running simulator: eval "$(python -m simulator env ...)"."""
    for name, value in client_environment(read_ready(ready_file)).items():
        if shell == "powershell":
            click.echo(f"$env:{name} = '{value.replace(chr(39), chr(39) * 2)}'")
        else:
            click.echo(f"export {name}={shlex.quote(value)}")


def client_environment(ready: Ready) -> dict[str, str]:
    """Return the variables that unmodified clients need to use the simulator that ``ready`` describes."""
    loopback = "localhost,127.0.0.1,::1"
    # Clients differ in which spelling wins, so both say the same.
    excepted = ",".join(dict.fromkeys(filter(None, (os.environ.get("NO_PROXY"), os.environ.get("no_proxy")))))
    direct = excepted if loopback in excepted else ",".join(filter(None, (excepted, loopback)))
    variables = {
        "ARM_ENDPOINT": ready.url,
        "AZURE_AUTHORITY_HOST": ready.url,
        "AZURE_SUBSCRIPTION_ID": ready.subscription_id,
        "AZURE_TENANT_ID": ready.tenant_id,
        "AZURE_CLIENT_ID": ready.client_id,
        "AZURE_CLIENT_SECRET": ready.client_secret,
        # DefaultAzureCredential would otherwise go on to ask the machine's metadata address.
        "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
        "NO_PROXY": direct,
        "no_proxy": direct,
    }
    if ready.ca_bundle is not None:
        # The first for clients built on requests, the second for asynchronous ones and those in Go.
        variables["REQUESTS_CA_BUNDLE"] = ready.ca_bundle
        variables["SSL_CERT_FILE"] = ready.ca_bundle
    return variables


def read_ready(path: Path) -> Ready:
    """Return what the ready file at ``path`` says; raises click.ClickException if there is no such simulator."""
    try:
        return Ready(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise click.ClickException(
            f"No simulator is ready at {path} ({error}). "
            f"Start one with `python -m simulator serve --ready-file {path}` "
            f"and try again when it says where it is."
        ) from error
