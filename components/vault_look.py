"""The hook that looks at the vault before azure-native writes it whole, in a preview as well."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pulumi

from components.azure import vault_inputs
from components.settings import Settings
from providers.estate_guard import EstateGuard
from providers.made_vault import refuse_harmful_vault_change


def look_before_vault_update(settings: Settings, guard: EstateGuard) -> pulumi.ResourceOptions:
    """Options of the vault that a stack makes. To be asked for once a stack: the engine knows a hook by its name."""
    inputs = {"target": settings.target.as_inputs(), "vault": vault_inputs(settings)}

    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="vault")

    async def look(of: pulumi.ResourceHookArgs) -> None:
        retired = await guard.retired_tags.future()
        await asyncio.get_running_loop().run_in_executor(
            thread, refuse_harmful_vault_change, inputs, dict(of.new_inputs or {}), retired
        )

    options = pulumi.ResourceHookOptions(on_dry_run=True)
    hook = pulumi.ResourceHook("look at the vault before it is written", look, options)
    return pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_update=[hook]))
