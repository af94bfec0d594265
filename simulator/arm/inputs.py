"""What Azure Resource Manager's own operations take: the fields of each request body, by the published specifications.

A field that is not there is refused, at every level that is written out here; parts of a body that the simulator does
nothing with, such as the encryption of a storage account, are objects that are kept as they are given. What a GET gives
back may be sent again, so read-only fields are among them. Where Azure has a code of its own for a wrong value (a
location, a name), the field is left open here, and the operation looks at it.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Tags = dict[str, str]
Part = dict[str, Any]


class ArmInput(BaseModel):
    """A body or a piece of one: camelCase on the wire, everything optional unless it says otherwise."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class GroupInput(ArmInput):
    """ResourceGroup."""

    id: str | None = None
    name: str | None = None
    type: str | None = None
    location: Any = None
    managed_by: str | None = None
    tags: Tags | None = None
    properties: Part | None = None


class GroupPatch(ArmInput):
    """ResourceGroupPatchable."""

    name: str | None = None
    managed_by: str | None = None
    tags: Tags | None = None
    properties: Part | None = None


class AvailabilitySetInput(ArmInput):
    """AvailabilitySet."""

    id: str | None = None
    name: str | None = None
    type: str | None = None
    location: Any = None
    sku: Part | None = None
    tags: Tags | None = None
    properties: Part | None = None


class AccountSku(ArmInput):
    """Sku of a storage account."""

    name: Any = None
    tier: str | None = None


class AccountProperties(ArmInput):
    """StorageAccountPropertiesCreateParameters, and what a GET adds to them."""

    access_tier: str | None = None
    allow_blob_public_access: bool | None = None
    allow_cross_tenant_replication: bool | None = None
    allow_shared_key_access: bool | None = None
    allow_shared_key_access_for_services: Part | None = None
    allowed_copy_scope: str | None = None
    azure_files_identity_based_authentication: Part | None = None
    custom_domain: Part | None = None
    data_collaboration_policy_properties: Part | None = None
    default_to_o_auth_authentication: bool | None = Field(default=None, alias="defaultToOAuthAuthentication")
    dns_endpoint_type: str | None = None
    dual_stack_endpoint_preference: Part | None = None
    enable_extended_groups: bool | None = None
    encryption: Part | None = None
    geo_priority_replication_status: Part | None = None
    immutable_storage_with_versioning: Part | None = None
    is_hns_enabled: bool | None = None
    is_local_user_enabled: bool | None = None
    is_nfs_v3_enabled: bool | None = Field(default=None, alias="isNfsV3Enabled")
    is_sftp_enabled: bool | None = None
    key_policy: Part | None = None
    large_file_shares_state: str | None = None
    minimum_tls_version: str | None = None
    network_acls: Part | None = None
    public_network_access: str | None = None
    routing_preference: Part | None = None
    sas_policy: Part | None = None
    supports_https_traffic_only: bool | None = None
    creation_time: str | None = None
    primary_endpoints: Part | None = None
    primary_location: str | None = None
    provisioning_state: str | None = None
    status_of_primary: str | None = None


class AccountInput(ArmInput):
    """StorageAccountCreateParameters."""

    id: str | None = None
    name: str | None = None
    type: str | None = None
    location: Any = None
    kind: Any = None
    sku: AccountSku | None = None
    tags: Tags | None = None
    identity: Part | None = None
    extended_location: Part | None = None
    placement: Part | None = None
    zones: list[str] | None = None
    properties: AccountProperties | None = None


class NameAvailabilityInput(ArmInput):
    """StorageAccountCheckNameAvailabilityParameters."""

    name: Any = None
    type: str | None = None


class SubnetProperties(ArmInput):
    """SubnetPropertiesFormat."""

    address_prefix: str | None = None
    address_prefixes: list[str] | None = None
    application_gateway_ip_configurations: list[Part] | None = Field(
        default=None, alias="applicationGatewayIPConfigurations"
    )
    default_outbound_access: bool | None = None
    delegations: list[Part] | None = None
    ip_allocations: list[Part] | None = None
    ip_configurations: list[Part] | None = None
    ipam_pool_prefix_allocations: list[Part] | None = None
    nat_gateway: Part | None = None
    network_security_group: Part | None = None
    private_endpoint_network_policies: str | None = None
    private_link_service_network_policies: str | None = None
    purpose: str | None = None
    route_table: Part | None = None
    service_endpoint_policies: list[Part] | None = None
    service_endpoints: list[Part] | None = None
    service_gateway: Part | None = None
    sharing_scope: str | None = None
    provisioning_state: str | None = None


class SubnetInput(ArmInput):
    """Subnet, alone or within its network."""

    id: str | None = None
    name: Any = None
    type: str | None = None
    etag: str | None = None
    properties: SubnetProperties | None = None


class NetworkProperties(ArmInput):
    """VirtualNetworkPropertiesFormat."""

    address_space: Part | None = None
    bgp_communities: Part | None = None
    ddos_protection_plan: Part | None = None
    default_public_nat_gateway: Part | None = None
    dhcp_options: Part | None = None
    enable_ddos_protection: bool | None = None
    enable_vm_protection: bool | None = None
    encryption: Part | None = None
    flow_logs: list[Part] | None = None
    flow_timeout_in_minutes: int | None = None
    ip_allocations: list[Part] | None = None
    private_endpoint_v_net_policies: str | None = Field(default=None, alias="privateEndpointVNetPolicies")
    subnets: list[SubnetInput] | None = None
    virtual_network_peerings: list[Part] | None = None
    provisioning_state: str | None = None
    resource_guid: str | None = None


class NetworkInput(ArmInput):
    """VirtualNetwork."""

    id: str | None = None
    name: str | None = None
    type: str | None = None
    etag: str | None = None
    location: Any = None
    extended_location: Part | None = None
    tags: Tags | None = None
    properties: NetworkProperties | None = None
