"""What each operation takes: request bodies, checked field by field. Names and types follow the published
specification.

Unknown fields are refused unless the simulator was started with --loose. `useManagedDisks` and its kin are strings,
"true" or "false", as the service has them. Names compare without regard to case where the service's own clients differ.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

# What the specification has besides Hyper-V to Azure as `instanceType` of a provider's part of a body.
OTHER_PROVIDERS = frozenset(
    {
        "A2A",
        "A2ACrossClusterMigration",
        "HyperVReplica",
        "HyperVReplica2012",
        "HyperVReplica2012R2",
        "HyperVReplicaBase",
        "HyperVReplicaBlue",
        "InMage",
        "InMageAzureV2",
        "InMageRcm",
        "InMageRcmFailback",
        "San",
        "VMwareCbt",
    }
)


# Where a body has the part that is the replication provider's own.
PROVIDER_INPUTS = frozenset({"providerSpecificInput", "providerSpecificDetails", "replicationProviderSettings"})


class Input(BaseModel):
    """A body or a piece of one: camelCase on the wire, everything optional unless it says otherwise."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


def spelt(*known: str) -> BeforeValidator:
    """Accept a word in any case, and keep the service's own spelling."""
    spellings = {word.lower(): word for word in known}
    return BeforeValidator(lambda value: spellings.get(value.lower(), value) if isinstance(value, str) else value)


Direction = Annotated[
    Literal["PrimaryToRecovery", "RecoveryToPrimary"], spelt("PrimaryToRecovery", "RecoveryToPrimary")
]
YesNo = Annotated[Literal["true", "false"], spelt("true", "false")]
HyperV = Annotated[Literal["HyperVReplicaAzure"], spelt("HyperVReplicaAzure")]
Tags = dict[str, str]


class Nothing(Input):
    """The body of an operation that takes none."""


class FabricProperties(Input):
    """Nothing of a Hyper-V site is set: the service's own clients send an empty object."""

    custom_details: dict[str, Any] | None = None


class FabricInput(Input):
    """FabricCreationInput."""

    properties: FabricProperties = FabricProperties()


class RenewCertificateProperties(Input):
    """RenewCertificateInputProperties."""

    renew_certificate_type: str | None = None


class RenewCertificateInput(Input):
    """RenewCertificateInput."""

    properties: RenewCertificateProperties = RenewCertificateProperties()


class PolicySettings(Input):
    """HyperVReplicaAzurePolicyInput. Hours, hours, seconds. The job says which values do not do."""

    instance_type: HyperV
    recovery_point_history_duration: int = 2
    application_consistent_snapshot_frequency_in_hours: int = 1
    replication_interval: int = 300
    online_replication_start_time: str | None = None
    storage_accounts: list[str] | None = None


class PolicyProperties(Input):
    """CreatePolicyInputProperties."""

    provider_specific_input: PolicySettings


class PolicyInput(Input):
    """CreatePolicyInput."""

    properties: PolicyProperties


class PolicyUpdateProperties(Input):
    """UpdatePolicyInputProperties."""

    replication_provider_settings: PolicySettings


class PolicyUpdate(Input):
    """UpdatePolicyInput."""

    properties: PolicyUpdateProperties


class MappingProperties(Input):
    """CreateProtectionContainerMappingInputProperties. azure-native cannot send the provider's input, so it may be
    missing.
    """

    policy_id: str
    target_protection_container_id: str = "Microsoft Azure"
    provider_specific_input: dict[str, Any] | None = None


class MappingInput(Input):
    """CreateProtectionContainerMappingInput."""

    properties: MappingProperties


class MappingUpdateProperties(Input):
    """UpdateProtectionContainerMappingInputProperties."""

    provider_specific_input: dict[str, Any] | None = None


class MappingUpdate(Input):
    """UpdateProtectionContainerMappingInput."""

    properties: MappingUpdateProperties = MappingUpdateProperties()


class MappingRemoval(Input):
    """RemoveProtectionContainerMappingInput."""

    properties: MappingUpdateProperties = MappingUpdateProperties()


class Comments(Input):
    """A remark."""

    comments: str | None = None


class ResumeInput(Input):
    """ResumeJobParams."""

    properties: Comments = Comments()


class NetworkMappingProperties(Input):
    """CreateNetworkMappingInputProperties."""

    recovery_fabric_name: str | None = None
    recovery_network_id: Annotated[str, Field(min_length=1)]
    fabric_specific_details: dict[str, Any] | None = None


class NetworkMappingInput(Input):
    """CreateNetworkMappingInput."""

    properties: NetworkMappingProperties


class NetworkMappingUpdateProperties(Input):
    """UpdateNetworkMappingInputProperties."""

    recovery_fabric_name: str | None = None
    recovery_network_id: str | None = None
    fabric_specific_details: dict[str, Any] | None = None


class NetworkMappingUpdate(Input):
    """UpdateNetworkMappingInput."""

    properties: NetworkMappingUpdateProperties


class PlanItem(Input):
    """RecoveryPlanProtectedItem."""

    id: str
    virtual_machine_id: str | None = None


class PlanAction(Input):
    """RecoveryPlanAction."""

    action_name: str
    failover_types: list[str]
    failover_directions: list[Direction]
    custom_details: dict[str, Any]


class PlanGroup(Input):
    """RecoveryPlanGroup."""

    group_type: Annotated[Literal["Shutdown", "Boot", "Failover"], spelt("Shutdown", "Boot", "Failover")]
    replication_protected_items: list[PlanItem] = []
    start_group_actions: list[PlanAction] = []
    end_group_actions: list[PlanAction] = []


class PlanProperties(Input):
    """CreateRecoveryPlanInputProperties."""

    primary_fabric_id: Annotated[str, Field(min_length=1)]
    recovery_fabric_id: Annotated[str, Field(min_length=1)]
    failover_deployment_model: str | None = None
    groups: list[PlanGroup]
    provider_specific_input: list[dict[str, Any]] | None = None


class PlanInput(Input):
    """CreateRecoveryPlanInput."""

    properties: PlanProperties


class PlanUpdateProperties(Input):
    """UpdateRecoveryPlanInputProperties."""

    groups: list[PlanGroup] | None = None


class PlanUpdate(Input):
    """UpdateRecoveryPlanInput."""

    properties: PlanUpdateProperties = PlanUpdateProperties()
