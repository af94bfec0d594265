"""What the stand-in serves: one row a resource type and one a function, as azure-native 3.29 presents them.

Argument names, paths and the REST version of each type are those of the installed ``pulumi_azure_native`` SDK.
azure-native lifts what ARM nests under ``properties`` to the top of a resource where the specification says so
("flattened"), and renames a few; the rows carry both, so that a program sees the names that it would see with the real
plugin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.azure_native.properties import Unknown

_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
_VAULTS = f"{_GROUP}/providers/Microsoft.RecoveryServices/vaults"
_FABRIC = f"{_VAULTS}/{{resourceName}}/replicationFabrics/{{fabricName}}"
_NETWORKS = f"{_GROUP}/providers/Microsoft.Network/virtualNetworks"
_STORAGE = f"{_GROUP}/providers/Microsoft.Storage/storageAccounts"

RECOVERY_SERVICES_VERSION = "2024-10-01"
STORAGE_VERSION = "2024-01-01"
NETWORK_VERSION = "2024-05-01"
RESOURCES_VERSION = "2024-03-01"


@dataclass(frozen=True)
class ResourceType:
    """One resource type.

    ``path`` is the ARM path with the names of the arguments that fill it; each of them, and each of ``immutable``,
    forces a replacement when changed. ``top`` are the arguments at the top of the ARM body, ``flattened`` those under
    its ``properties``. ``renamed`` maps an argument to its ARM name. ``nested`` names flattened lists of children,
    which ARM nests once more, with the keys that stay at the top of a child.
    """

    kind: str
    path: str
    api_version: str
    top: tuple[str, ...] = ()
    flattened: tuple[str, ...] = ()
    immutable: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    nested: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def path_arguments(self) -> tuple[str, ...]:
        """The arguments in the path, in order, without the subscription; the last is the resource's own name."""
        return tuple(name for name in re.findall(r"\{(\w+)\}", self.path) if name != "subscriptionId")

    @property
    def name_argument(self) -> str:
        """The argument that names the resource, derived from its logical name if left out."""
        return self.path_arguments[-1]

    @property
    def arguments(self) -> frozenset[str]:
        """Every argument the type takes."""
        return frozenset((*self.path_arguments, *self.top, *self.flattened))

    @property
    def is_child(self) -> bool:
        """Whether the resource lies inside another: then its derived name is its logical name, without a suffix."""
        return self.path.partition("/providers/")[2].count("/") > 2  # noqa: PLR2004 - namespace/type/name is top level

    def resource_path(self, subscription: str, inputs: Mapping[str, Any]) -> str:
        """Return the ARM path of the resource that ``inputs`` describe. All its arguments must be known."""
        return self.path.format(subscriptionId=subscription, **{name: inputs[name] for name in self.path_arguments})

    def body(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the ARM body of a PUT."""
        body = {self.renamed.get(name, name): inputs[name] for name in self.top if name in inputs}
        if self.flattened:
            body["properties"] = {
                self.renamed.get(name, name): self._nest(name, inputs[name])
                for name in self.flattened
                if name in inputs
            }
        return body

    def outputs(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs that an ARM answer stands for; ``id`` is the engine's own."""
        outputs = {key: value for key, value in answer.items() if key != "id" and value is not None}
        if self.flattened:
            inner = outputs.pop("properties", None) or {}
            outputs.update({key: value for key, value in inner.items() if value is not None})
        argument = {arm: name for name, arm in self.renamed.items()}
        lifted = {argument.get(key, key): value for key, value in outputs.items()}
        for name in self.nested:
            if name in lifted:
                lifted[name] = [_lift(child) for child in lifted[name]]
        return {**lifted, "azureApiVersion": self.api_version}

    def inputs_of(self, resource_id: str, outputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs that would have made a resource read from Azure: for import and ``get``.

        Raises ValueError if ``resource_id`` is not the id of a resource of this type.
        """
        found = self.match(resource_id)
        return {
            **{name: found[name] for name in self.path_arguments},
            **{name: outputs[name] for name in (*self.top, *self.flattened) if name in outputs},
        }

    def match(self, resource_id: str) -> dict[str, str]:
        """Take a resource id apart; ARM ids differ in case. Raises ValueError if it is of another type."""
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        found = re.fullmatch(pattern, resource_id, re.IGNORECASE)
        if found is None:
            raise ValueError(f"'{resource_id}' is not the id of a {self.kind}, which looks like {self.path}.")
        return found.groupdict()

    def _nest(self, name: str, value: Any) -> Any:
        if name not in self.nested or isinstance(value, Unknown):
            return value
        return [_sink(child, self.nested[name]) for child in value]


@dataclass(frozen=True)
class Function:
    """One function: a GET, or a POST of an action, of a resource whose path its arguments fill."""

    kind: str
    resource: ResourceType
    action: str | None = None


def _sink(child: Mapping[str, Any], kept: tuple[str, ...]) -> dict[str, Any]:
    body = {key: value for key, value in child.items() if key in kept}
    return {**body, "properties": {key: value for key, value in child.items() if key not in kept}}


def _lift(child: Mapping[str, Any]) -> dict[str, Any]:
    inner = child.get("properties") or {}
    return {key: value for key, value in {**child, **inner}.items() if key != "properties" and value is not None}


RESOURCE_GROUP = ResourceType(
    kind="azure-native:resources:ResourceGroup",
    path=_GROUP,
    api_version=RESOURCES_VERSION,
    top=("location", "managedBy", "tags"),
    immutable=("location",),
)
VAULT = ResourceType(
    kind="azure-native:recoveryservices:Vault",
    path=f"{_VAULTS}/{{vaultName}}",
    api_version=RECOVERY_SERVICES_VERSION,
    top=("location", "sku", "properties", "identity", "tags"),
    immutable=("location",),
)
REPLICATION_FABRIC = ResourceType(
    kind="azure-native:recoveryservices:ReplicationFabric",
    path=_FABRIC,
    api_version=RECOVERY_SERVICES_VERSION,
    top=("properties",),
)
REPLICATION_POLICY = ResourceType(
    kind="azure-native:recoveryservices:ReplicationPolicy",
    path=f"{_VAULTS}/{{resourceName}}/replicationPolicies/{{policyName}}",
    api_version=RECOVERY_SERVICES_VERSION,
    top=("properties",),
)
REPLICATION_NETWORK_MAPPING = ResourceType(
    kind="azure-native:recoveryservices:ReplicationNetworkMapping",
    path=f"{_FABRIC}/replicationNetworks/{{networkName}}/replicationNetworkMappings/{{networkMappingName}}",
    api_version=RECOVERY_SERVICES_VERSION,
    top=("properties",),
)
REPLICATION_PROTECTION_CONTAINER_MAPPING = ResourceType(
    kind="azure-native:recoveryservices:ReplicationProtectionContainerMapping",
    path=f"{_FABRIC}/replicationProtectionContainers/{{protectionContainerName}}"
    "/replicationProtectionContainerMappings/{mappingName}",
    api_version=RECOVERY_SERVICES_VERSION,
    top=("properties",),
)
STORAGE_ACCOUNT = ResourceType(
    kind="azure-native:storage:StorageAccount",
    path=f"{_STORAGE}/{{accountName}}",
    api_version=STORAGE_VERSION,
    top=("location", "sku", "kind", "identity", "extendedLocation", "tags"),
    flattened=(
        "accessTier",
        "allowBlobPublicAccess",
        "allowCrossTenantReplication",
        "allowSharedKeyAccess",
        "allowedCopyScope",
        "azureFilesIdentityBasedAuthentication",
        "customDomain",
        "defaultToOAuthAuthentication",
        "dnsEndpointType",
        "enableExtendedGroups",
        "enableHttpsTrafficOnly",
        "enableNfsV3",
        "encryption",
        "immutableStorageWithVersioning",
        "isHnsEnabled",
        "isLocalUserEnabled",
        "isSftpEnabled",
        "keyPolicy",
        "largeFileSharesState",
        "minimumTlsVersion",
        "networkRuleSet",
        "publicNetworkAccess",
        "routingPreference",
        "sasPolicy",
    ),
    immutable=("location", "isHnsEnabled", "enableNfsV3", "extendedLocation"),
    renamed={
        "enableHttpsTrafficOnly": "supportsHttpsTrafficOnly",
        "enableNfsV3": "isNfsV3Enabled",
        "networkRuleSet": "networkAcls",
    },
)
_SUBNET_ARGUMENTS = (
    "addressPrefix",
    "addressPrefixes",
    "applicationGatewayIPConfigurations",
    "defaultOutboundAccess",
    "delegations",
    "ipAllocations",
    "ipamPoolPrefixAllocations",
    "natGateway",
    "networkSecurityGroup",
    "privateEndpointNetworkPolicies",
    "privateLinkServiceNetworkPolicies",
    "routeTable",
    "serviceEndpointPolicies",
    "serviceEndpoints",
    "sharingScope",
)
VIRTUAL_NETWORK = ResourceType(
    kind="azure-native:network:VirtualNetwork",
    path=f"{_NETWORKS}/{{virtualNetworkName}}",
    api_version=NETWORK_VERSION,
    top=("location", "extendedLocation", "tags", "id"),
    flattened=(
        "addressSpace",
        "bgpCommunities",
        "ddosProtectionPlan",
        "dhcpOptions",
        "enableDdosProtection",
        "enableVmProtection",
        "encryption",
        "flowTimeoutInMinutes",
        "ipAllocations",
        "privateEndpointVNetPolicies",
        "subnets",
        "virtualNetworkPeerings",
    ),
    immutable=("location",),
    nested={"subnets": ("id", "name", "type", "etag")},
)
SUBNET = ResourceType(
    kind="azure-native:network:Subnet",
    path=f"{_NETWORKS}/{{virtualNetworkName}}/subnets/{{subnetName}}",
    api_version=NETWORK_VERSION,
    top=("id", "name", "type"),
    flattened=_SUBNET_ARGUMENTS,
)
_VIRTUAL_MACHINE = ResourceType(
    kind="azure-native:compute:VirtualMachine",
    path=f"{_GROUP}/providers/Microsoft.Compute/virtualMachines/{{vmName}}",
    api_version="2024-11-01",
    flattened=("hardwareProfile",),
)
_DISK = ResourceType(
    kind="azure-native:compute:Disk",
    path=f"{_GROUP}/providers/Microsoft.Compute/disks/{{diskName}}",
    api_version="2024-03-02",
    flattened=("creationData",),
)
_PROTECTED_ITEM = ResourceType(
    kind="azure-native:recoveryservices:ReplicationProtectedItem",
    path=f"{_FABRIC}/replicationProtectionContainers/{{protectionContainerName}}"
    "/replicationProtectedItems/{replicatedProtectedItemName}",
    api_version=RECOVERY_SERVICES_VERSION,
    top=("properties",),
)

RESOURCE_TYPES: Mapping[str, ResourceType] = {
    row.kind: row
    for row in (
        RESOURCE_GROUP,
        VAULT,
        REPLICATION_FABRIC,
        REPLICATION_POLICY,
        REPLICATION_NETWORK_MAPPING,
        REPLICATION_PROTECTION_CONTAINER_MAPPING,
        STORAGE_ACCOUNT,
        VIRTUAL_NETWORK,
        SUBNET,
    )
}
"""The resources a program may declare. What failover makes (VMs, disks) belongs to the service and can only be read."""

FUNCTIONS: Mapping[str, Function] = {
    row.kind: row
    for row in (
        Function("azure-native:resources:getResourceGroup", RESOURCE_GROUP),
        Function("azure-native:recoveryservices:getVault", VAULT),
        Function("azure-native:recoveryservices:getReplicationFabric", REPLICATION_FABRIC),
        Function("azure-native:recoveryservices:getReplicationPolicy", REPLICATION_POLICY),
        Function("azure-native:recoveryservices:getReplicationNetworkMapping", REPLICATION_NETWORK_MAPPING),
        Function(
            "azure-native:recoveryservices:getReplicationProtectionContainerMapping",
            REPLICATION_PROTECTION_CONTAINER_MAPPING,
        ),
        Function("azure-native:recoveryservices:getReplicationProtectedItem", _PROTECTED_ITEM),
        Function("azure-native:storage:getStorageAccount", STORAGE_ACCOUNT),
        Function("azure-native:storage:listStorageAccountKeys", STORAGE_ACCOUNT, action="listKeys"),
        Function("azure-native:network:getVirtualNetwork", VIRTUAL_NETWORK),
        Function("azure-native:network:getSubnet", SUBNET),
        Function("azure-native:compute:getVirtualMachine", _VIRTUAL_MACHINE),
        Function("azure-native:compute:getDisk", _DISK),
    )
}
QUERY_ARGUMENTS: Mapping[str, str] = {"expand": "$expand", "filter": "$filter"}
"""Arguments of functions that go into the query."""
