"""The hook that sets Site Recovery up in a vault before the first site or policy is made in it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pulumi

from components.azure import vault_inputs
from components.settings import Settings
from providers.vault_set_up import set_up_vault


def set_up_before_create(settings: Settings) -> pulumi.ResourceOptions:
    """Options of a vault's sites and policies. To be asked for once a vault: the engine knows a hook by its name.

    The engine calls a hook back in this process, in `pulumi up` and not in a preview.
    """
    vault = settings.vault.name
    inputs = {"target": settings.target.as_inputs(), "vault": vault_inputs(settings)}
    # Of its own: the SDK's pool may be full of registrations, and its event loop serves all of them.
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="set-up")

    async def set_up(_of: pulumi.ResourceHookArgs) -> None:
        if await asyncio.get_running_loop().run_in_executor(thread, set_up_vault, inputs):
            pulumi.log.info(f"Site Recovery is set up in vault {vault}: a replication policy was made and deleted")

    hook = pulumi.ResourceHook(f"set up Site Recovery in {vault}", set_up)
    return pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_create=[hook]))
