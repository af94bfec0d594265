"""The hook that looks at a network just before azure-native writes it whole."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pulumi

from components.azure import vault_inputs
from components.estate_guard import made_network
from components.settings import Settings
from providers.estate_guard import EstateGuard
from providers.made_networks import refuse_harmful_change


def look_before_update(settings: Settings, guard: EstateGuard) -> pulumi.ResourceOptions:
    """Options of the networks that a stack makes. To be asked for once a stack: the engine knows a hook by its name."""
    inputs = {"target": settings.target.as_inputs(), "vault": vault_inputs(settings)}
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="networks")

    async def look(of: pulumi.ResourceHookArgs) -> None:
        retired = (await guard.retired.future() or {}).get(of.name)
        declared = made_network(settings, of.name)
        await asyncio.get_running_loop().run_in_executor(
            thread, refuse_harmful_change, inputs, of.name, declared, retired
        )

    hook = pulumi.ResourceHook("look at a network before it is written", look)
    return pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_update=[hook]))
