"""What protected items rest on, as far as azure-native cannot make, change or remove it.

azure-native makes policies and sites with a PUT, for which the specification has no second meaning: a policy that
exists is changed with a PATCH, a provider (host) is taken out with POST remove. Before its PUT it reads what it is
about to make, which a vault that was never used refuses: such a vault is set up here. Each call ends when the declared
thing is so, or raises; called again, it does nothing that is done.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from azure.core.rest import HttpRequest
from azure.mgmt.recoveryservicessiterecovery.models import (
    CreateNetworkMappingInput,
    CreateNetworkMappingInputProperties,
    CreatePolicyInput,
    CreatePolicyInputProperties,
    HyperVReplicaAzurePolicyInput,
    UpdateNetworkMappingInput,
    UpdateNetworkMappingInputProperties,
    VmmToAzureCreateNetworkMappingInput,
    VmmToAzureUpdateNetworkMappingInput,
)

from site_recovery.channel import Channel
from site_recovery.declarations import PolicySettings, policy_update_body
from site_recovery.declaring import OnJobProgress, declaration
from site_recovery.errors import NeverSetUpError, NotFoundError
from site_recovery.estate_parsing import parse_network_mapping
from site_recovery.estate_records import SET_UP_POLICY, NetworkMappingRecord, PolicyRecord
from site_recovery.records import JobRecord, last_segment, same_id
from site_recovery.translation import translated

if TYPE_CHECKING:
    from site_recovery.service import SiteRecovery

_AZURE = "Microsoft Azure"
_ARM_VERSION = "2024-10-01"
_MODIFY_POLICY = "ModifyProtectionProfile"
# Whatever the service takes: nothing is replicated by it.
_ANY = CreatePolicyInput(
    properties=CreatePolicyInputProperties(
        provider_specific_input=HyperVReplicaAzurePolicyInput(
            replication_interval=300,
            recovery_point_history_duration=24,
            application_consistent_snapshot_frequency_in_hours=4,
        )
    )
)


class Estate:
    """One vault's sites, policies and network mappings. timeout_seconds are seconds of the service."""

    def __init__(self, service: SiteRecovery, channel: Channel) -> None:
        self._service = service
        self._channel = channel
        self._run = partial(declaration, service, channel)
        self._setting_up = threading.Lock()

    def vault_location(self) -> str:
        """The region of the vault. Raises NotFoundError when there is no such vault."""
        with translated(f"Reading {self._channel.vault}."):
            request = HttpRequest("GET", self._channel.vault.arm_id, params={"api-version": _ARM_VERSION})
            response = self._channel.client.send_request(request)
            response.raise_for_status()
            return str(response.json().get("location", "")).replace(" ", "").lower()

    def set_up(self, *, cancelled: threading.Event | None = None, timeout_seconds: float = 900.0) -> bool:
        """Set Site Recovery up in the vault; False when it was so already. One at a time, whoever asks.

        Until something is made in it, a vault answers every read with 400 SubscriptionIdNotRegisteredWithSrs instead
        of 404 (Azure/azure-rest-api-specs#12759). So the policy SET_UP_POLICY is made in it and deleted again (jobs
        AddProtectionProfile, RemoveProtectionProfile), also one that a killed process has left.
        """
        with self._setting_up:
            found = self._policy_names()
            if found is not None and SET_UP_POLICY not in found:
                return False
            policies = self._channel.client.replication_policies
            if found is None:
                run = self._run("Setting up Site Recovery", cancelled=cancelled, timeout_seconds=timeout_seconds)
                run.once(None, policies.begin_create, SET_UP_POLICY, _ANY, seen=self._set_up_policy_is_there)
            what = f"Deleting replication policy '{SET_UP_POLICY}', which has set up Site Recovery,"
            run = self._run(what, cancelled=cancelled, timeout_seconds=timeout_seconds)
            # Another stack's process that finds the policy deletes it, too.
            with suppress(NotFoundError):
                run.once(None, policies.begin_delete, SET_UP_POLICY, seen=self._is_set_up)
            run.until_seen(self._is_set_up)
            return found is None

    def _is_set_up(self) -> bool:
        found = self._policy_names()
        return found is not None and SET_UP_POLICY not in found

    def _set_up_policy_is_there(self) -> bool:
        return SET_UP_POLICY in (self._policy_names() or ())

    def _policy_names(self) -> frozenset[str] | None:
        """The names of the vault's policies; None while Site Recovery was never set up in it."""
        try:
            with translated(f"Looking whether Site Recovery is set up in {self._channel.vault}."):
                listed = self._channel.client.replication_policies.list(*self._channel.names)
                return frozenset(str(policy.name).casefold() for policy in listed)
        except NeverSetUpError:
            return None

    def update_policy(
        self,
        name: str,
        settings: PolicySettings,
        *,
        on_progress: OnJobProgress | None = None,
        cancelled: threading.Event | None = None,
        timeout_seconds: float = 900.0,
    ) -> PolicyRecord | None:
        """Change a policy (job ModifyProtectionProfile); what replicates by it takes the new rhythm."""
        run = self._run(
            f"Changing replication policy '{name}'",
            on_progress=on_progress,
            cancelled=cancelled,
            timeout_seconds=timeout_seconds,
        )

        def find(request_id: str) -> JobRecord | None:
            return self._service.watcher.find_job_of_scenario(request_id, _MODIFY_POLICY, cancelled=cancelled)

        begin = self._channel.client.replication_policies.begin_update
        run.once(None, begin, name, policy_update_body(settings), find=find)
        return next((policy for policy in self._service.policies() if same_id(policy.name, name)), None)

    def network_mappings(self) -> tuple[NetworkMappingRecord, ...]:
        """All mappings of the vault; none, when Site Recovery was never set up in it."""
        listing = self._channel.client.replication_network_mappings.list
        with suppress(NeverSetUpError), translated(f"Listing the network mappings of {self._channel.vault}."):
            return tuple(parse_network_mapping(one) for one in listing(*self._channel.names))
        return ()

    def network_mapping(self, network_id: str, name: str) -> NetworkMappingRecord | None:
        """The mapping of a VMM server's network under this name, None when there is none."""
        fabric, network = _fabric_of(network_id), last_segment(network_id)
        listing = self._channel.client.replication_network_mappings.list_by_replication_networks
        found: list[NetworkMappingRecord] = []
        # With its server gone from the vault, a mapping is gone as well.
        with (
            suppress(NotFoundError),
            translated(f"Listing the mappings of network '{network}' in {self._channel.vault}."),
        ):
            found = [parse_network_mapping(one) for one in listing(*self._channel.names, fabric, network)]
        return next((one for one in found if same_id(one.name, name)), None)

    def map_network(
        self,
        network_id: str,
        name: str,
        *,
        azure_network_id: str,
        cancelled: threading.Event | None = None,
        timeout_seconds: float = 900.0,
    ) -> NetworkMappingRecord:
        """Map a network of a VMM server to one in Azure, or map it anew (job NetworkPairing)."""
        fabric, network = _fabric_of(network_id), last_segment(network_id)
        mappings = self._channel.client.replication_network_mappings
        run = self._run(f"Mapping network '{name}'", cancelled=cancelled, timeout_seconds=timeout_seconds)

        def mapped() -> NetworkMappingRecord | None:
            mapping = self.network_mapping(network_id, name)
            return mapping if mapping is not None and same_id(mapping.azure_network_id, azure_network_id) else None

        if self.network_mapping(network_id, name) is None:
            made = CreateNetworkMappingInputProperties(
                recovery_fabric_name=_AZURE,
                recovery_network_id=azure_network_id,
                fabric_specific_details=VmmToAzureCreateNetworkMappingInput(),
            )
            body = CreateNetworkMappingInput(properties=made)
            return run.until(mapped, None, mappings.begin_create, fabric, network, name, body)
        changed = UpdateNetworkMappingInputProperties(
            recovery_fabric_name=_AZURE,
            recovery_network_id=azure_network_id,
            fabric_specific_details=VmmToAzureUpdateNetworkMappingInput(),
        )
        update = UpdateNetworkMappingInput(properties=changed)
        return run.until(mapped, None, mappings.begin_update, fabric, network, name, update)

    def unmap_network(self, network_id: str, name: str, *, cancelled: threading.Event | None = None) -> None:
        """Remove a network mapping (job NetworkUnPairing)."""
        fabric, network = _fabric_of(network_id), last_segment(network_id)
        run = self._run(f"Removing network mapping '{name}'", cancelled=cancelled, timeout_seconds=900.0)
        begin = self._channel.client.replication_network_mappings.begin_delete
        run.until(lambda: self.network_mapping(network_id, name) is None, None, begin, fabric, network, name)

    def remove_providers(self, site: str, *, cancelled: threading.Event | None = None) -> None:
        """Unregister every host of a site from the vault (job UnregisterDra). Their VMs must not be protected."""
        begin = self._channel.client.replication_recovery_services_providers.begin_delete
        for provider in self._service.providers(site):
            run = self._run(
                f"Removing host '{provider.friendly_name}' from site '{site}'",
                cancelled=cancelled,
                timeout_seconds=1800.0,
            )
            run.until(partial(self._is_gone, site, provider.name), None, begin, site, provider.name)

    def _is_gone(self, site: str, provider: str) -> bool:
        return all(one.name != provider for one in self._service.providers(site))


def _fabric_of(network_id: str) -> str:
    """The server's name in `.../replicationFabrics/SITE/replicationNetworks/NETWORK`."""
    return network_id.rstrip("/").split("/")[-3]
