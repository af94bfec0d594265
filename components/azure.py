"""The azure-native provider of a stack: explicit, so that no shell's default subscription can slip in."""

from collections.abc import Sequence

import pulumi
import pulumi_azure_native as azure_native

from components.settings import Cloud, Settings, Target

# What the provider calls the clouds. The real plugin knows no simulator and refuses the word; its stand-in knows no
# other, so that neither can ever take the other's stack.
_ENVIRONMENTS = {
    Cloud.AZURE: "public",
    Cloud.AZURE_CHINA: "china",
    Cloud.AZURE_US_GOVERNMENT: "usgovernment",
    Cloud.SIMULATOR: "simulator",
}


def azure_provider(target: Target, guard: pulumi.Resource) -> azure_native.Provider:
    """The provider for everything that azure-native declares; target is the only source of cloud and subscription."""
    return azure_native.Provider(
        "azure",
        environment=_ENVIRONMENTS[Cloud(target.cloud)],
        subscription_id=target.subscription_id,
        tenant_id=target.tenant_id,
        opts=pulumi.ResourceOptions(depends_on=[guard]),
    )


def kept(
    parent: pulumi.Resource, depends_on: Sequence[pulumi.Resource] = (), *, until: bool = False
) -> pulumi.ResourceOptions:
    """Options of what a protected VM rests on: taken out of the stack, it stays in Azure.

    `until` the estate is dismantled, for what may then be deleted.
    """
    return pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on), retain_on_delete=not until)


def vault_inputs(settings: Settings) -> dict[str, str]:
    """The `vault` input of every dynamic resource."""
    return {"resourceGroup": settings.vault.resource_group, "name": settings.vault.name}
