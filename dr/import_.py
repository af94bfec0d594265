"""`python -m dr import`: the stack file of a vault that was set up by hand."""

import io
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
from ruamel.yaml import YAML

from components.settings import Cloud
from components.settings.load import examine
from components.settings.source import from_stack_file
from dr.live_vault import StackFileDraft, drafted, read_vault
from site_recovery.connection import Target, connect
from site_recovery.errors import SiteRecoveryError
from site_recovery.records import VaultId


@click.command(name="import")
@click.option("--vault", required=True, metavar="NAME", help="The vault: its name, or its ARM id.")
@click.option("--resource-group", metavar="NAME", help="Its resource group; not needed with an ARM id.")
@click.option("--subscription", metavar="ID", help="Its subscription; AZURE_SUBSCRIPTION_ID if not given.")
@click.option("--tenant", metavar="ID", help="Its directory (tenant); AZURE_TENANT_ID if not given.")
@click.option(
    "--cloud", type=click.Choice([cloud.value for cloud in Cloud]), default=Cloud.AZURE.value, show_default=True
)
@click.option("--stack", metavar="NAME", help="Write stacks/Pulumi.NAME.yaml; without it, the file is printed.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(
    *,
    vault: str,
    resource_group: str | None,
    subscription: str | None,
    tenant: str | None,
    cloud: str,
    stack: str | None,
    force: bool,
) -> None:
    """Write the stack file of a live vault, to bring what was protected by hand under a stack.

    Reads only. Everything is adopted as it is: the next `pulumi preview` shows creates that adopt, and no move.
    """
    vault_id = _vault_id(vault, resource_group, subscription)
    target = Target(cloud, vault_id.subscription_id, _given(tenant, "--tenant", "AZURE_TENANT_ID"))
    path = Path("stacks") / f"Pulumi.{stack}.yaml" if stack else None
    if path is not None and path.exists() and not force:
        raise click.UsageError(f"{path} is there already. Choose another --stack, or write over it with --force.")
    try:
        draft = drafted(read_vault(connect(target, vault_id, environment=os.environ)))
    except SiteRecoveryError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    text = written(draft, vault_id)
    for line in draft.left_out:
        click.echo(f"left out: {line}", err=True)
    if path is None:
        click.echo(text, nl=False)
        return
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    _report(path, stack or "", draft)


def written(draft: StackFileDraft, vault: VaultId) -> str:
    """The text of a stack file."""
    yaml = YAML()
    yaml.width = 160
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump({"config": draft.config}, stream)
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return (
        "# yaml-language-server: $schema=../docs/schema/stack.schema.json\n"
        f"# Written by `python -m dr import` from {vault} at {when}.\n"
        "# Everything is adopted: the first `pulumi up` changes nothing in Azure.\n"
    ) + stream.getvalue()


def _report(path: Path, stack: str, draft: StackFileDraft) -> None:
    _, problems = examine(from_stack_file(path, shown_as=str(path)))
    for problem in problems:
        click.echo(str(problem), err=True)
    vms: Mapping[str, object] = draft.config.get("site-recovery:vms", {})
    click.echo(f"{path}: {len(vms)} VM{'' if len(vms) == 1 else 's'}. Read it, then: pulumi preview --stack {stack}")
    sys.exit(1 if problems or draft.left_out else 0)


def _vault_id(vault: str, group: str | None, subscription: str | None) -> VaultId:
    parts = vault.strip("/").split("/")
    names = dict(zip((part.lower() for part in parts[::2]), parts[1::2], strict=False))
    if "vaults" in names:
        return VaultId(names["subscriptions"], names["resourcegroups"], names["vaults"])
    if group is None:
        raise click.UsageError("Give --resource-group as well, or the vault's ARM id.")
    return VaultId(_given(subscription, "--subscription", "AZURE_SUBSCRIPTION_ID"), group, vault)


def _given(value: str | None, option: str, variable: str) -> str:
    known = value or os.environ.get(variable)
    if not known:
        raise click.UsageError(f"Give {option}, or set {variable}.")
    return known
