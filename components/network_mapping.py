"""Network mappings: which Azure network the VMs of a VM network come up in."""

from components.azure import kept, vault_inputs
from components.azure_landing import AzureLanding
from components.recovery_vault import RecoveryVault
from components.settings import Settings
from providers.network_mapping import NetworkMapping


def declared_mappings(settings: Settings, vault: RecoveryVault, landing: AzureLanding) -> list[NetworkMapping]:
    """Every mapping of the stack, below its vault."""
    dismantles = settings.dismantle is not None
    return [
        NetworkMapping(
            name,
            target=settings.target.as_inputs(),
            vault=vault_inputs(settings),
            vmm_server=mapping.vmm_server,
            source_network=mapping.source_network,
            azure_network_id=landing.network_id(mapping.network),
            adopt=mapping.adopt,
            dismantle=dismantles,
            opts=kept(
                parent=vault,
                depends_on=[vault.vault, *landing.network_of(mapping.network)],
                until=dismantles and not mapping.adopt,
            ),
        )
        for name, mapping in settings.network_mappings.items()
    ]
