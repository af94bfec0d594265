"""The hook that looks whether what azure-native is to make is in Azure already, in a preview as well."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pulumi

from components.azure import vault_inputs
from components.settings import Settings
from providers.there_already import refuse_what_is_there

_AT_ONCE = 8


def look_before_create(settings: Settings) -> pulumi.ResourceOptions:
    """Options of whatever a stack makes. To be asked for once a stack: the engine knows a hook by its name."""
    inputs = {"target": settings.target.as_inputs(), "vault": vault_inputs(settings)}
    threads = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="there-already")

    async def look(of: pulumi.ResourceHookArgs) -> None:
        declared = dict(of.new_inputs or {})
        await asyncio.get_running_loop().run_in_executor(threads, refuse_what_is_there, inputs, of.type, declared)

    options = pulumi.ResourceHookOptions(on_dry_run=True)
    hook = pulumi.ResourceHook("look whether it is there before it is made", look, options)
    return pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_create=[hook]))
