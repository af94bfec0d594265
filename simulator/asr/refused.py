"""What Site Recovery has and the simulator has not: 501 with the envelope, never a plausible success."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from simulator.asr.site_recovery import VAULT
from simulator.errors import not_there
from simulator.routing import Call, Evidence, Extent, OperationRoute, Parity, Reply

Handler = Callable[[Call], Reply]


class _Refused(NamedTuple):
    method: str
    base: str
    path: str
    name: str
    reason: str


def refused_routes() -> list[OperationRoute]:
    """A route of 501 for each operation of the specification that is not answered."""
    return [
        OperationRoute(
            one.method,
            f"{one.base}{one.path}",
            _refusing(one.name, one.reason),
            one.name,
            parity=Parity(Extent.REFUSED, Evidence.SPECIFIED, one.reason),
        )
        for one in _REFUSED
    ]


def _refusing(name: str, reason: str) -> Handler:
    def refuse(_call: Call) -> Reply:
        raise not_there(name, reason)

    return refuse


_MACHINE = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}"
_FABRIC = f"{VAULT}/replicationFabrics/{{fabric}}"
_CONTAINER = f"{_FABRIC}/replicationProtectionContainers/{{container}}"
_ITEM = f"{_CONTAINER}/replicationProtectedItems/{{item}}"

_OTHER_PROVIDERS = "it belongs to other replication providers than Hyper-V to Azure"
_MIGRATION = "migration of VMware machines is not simulated"
_CLUSTERS = "shared-disk clusters are not simulated"
_PLAN_RUN = "recovery plans are kept, not run"
_CONTAINER_COMES = "the container of a Hyper-V site comes and goes with the site"
_HOSTS_REGISTER = "hosts register by themselves, or over the admin API"
_EXPORT = "jobs are not exported to a storage account"
_SETTINGS = "settings of alerts and of the vault are not simulated"

_REFUSED = (
    _Refused("POST", _ITEM, "/failoverCancel", "ReplicationProtectedItems_FailoverCancel", _OTHER_PROVIDERS),
    _Refused(
        "GET",
        _CONTAINER,
        "/replicationMigrationItems/{name}/migrationRecoveryPoints/{point}",
        "MigrationRecoveryPoints_Get",
        _MIGRATION,
    ),
    _Refused(
        "GET",
        _CONTAINER,
        "/replicationMigrationItems/{name}/migrationRecoveryPoints",
        "MigrationRecoveryPoints_ListByReplicationMigrationItems",
        _MIGRATION,
    ),
    _Refused("POST", _ITEM, "/addDisks", "ReplicationProtectedItems_AddDisks", _OTHER_PROVIDERS),
    _Refused("POST", _ITEM, "/removeDisks", "ReplicationProtectedItems_RemoveDisks", _OTHER_PROVIDERS),
    _Refused("POST", _ITEM, "/resolveHealthErrors", "ReplicationProtectedItems_ResolveHealthErrors", _OTHER_PROVIDERS),
    _Refused("POST", _ITEM, "/switchProvider", "ReplicationProtectedItems_SwitchProvider", _OTHER_PROVIDERS),
    _Refused("POST", _ITEM, "/updateAppliance", "ReplicationProtectedItems_UpdateAppliance", _OTHER_PROVIDERS),
    _Refused(
        "POST", _ITEM, "/updateMobilityService", "ReplicationProtectedItems_UpdateMobilityService", _OTHER_PROVIDERS
    ),
    _Refused(
        "POST",
        _ITEM,
        "/reinstallMobilityService",
        "ReplicationProtectedItems_ReinstallMobilityService",
        _OTHER_PROVIDERS,
    ),
    _Refused(
        "GET", _CONTAINER, "/replicationProtectionClusters/{name}", "ReplicationProtectionClusters_Get", _CLUSTERS
    ),
    _Refused(
        "PUT", _CONTAINER, "/replicationProtectionClusters/{name}", "ReplicationProtectionClusters_Create", _CLUSTERS
    ),
    _Refused(
        "DELETE", _CONTAINER, "/replicationProtectionClusters/{name}", "ReplicationProtectionClusters_Purge", _CLUSTERS
    ),
    _Refused(
        "POST",
        _CONTAINER,
        "/replicationProtectionClusters/{name}/applyRecoveryPoint",
        "ReplicationProtectionClusters_ApplyRecoveryPoint",
        _CLUSTERS,
    ),
    _Refused(
        "POST",
        _CONTAINER,
        "/replicationProtectionClusters/{name}/failoverCommit",
        "ReplicationProtectionClusters_FailoverCommit",
        _CLUSTERS,
    ),
    _Refused(
        "POST",
        _CONTAINER,
        "/replicationProtectionClusters/{name}/repairReplication",
        "ReplicationProtectionClusters_RepairReplication",
        _CLUSTERS,
    ),
    _Refused(
        "POST",
        _CONTAINER,
        "/replicationProtectionClusters/{name}/testFailover",
        "ReplicationProtectionClusters_TestFailover",
        _CLUSTERS,
    ),
    _Refused(
        "POST",
        _CONTAINER,
        "/replicationProtectionClusters/{name}/testFailoverCleanup",
        "ReplicationProtectionClusters_TestFailoverCleanup",
        _CLUSTERS,
    ),
    _Refused(
        "POST",
        _CONTAINER,
        "/replicationProtectionClusters/{name}/unplannedFailover",
        "ReplicationProtectionClusters_UnplannedFailover",
        _CLUSTERS,
    ),
    _Refused(
        "GET",
        _CONTAINER,
        "/replicationProtectionClusters/{name}/operationResults/{operation}",
        "ReplicationProtectionClusters_GetOperationResults",
        _CLUSTERS,
    ),
    _Refused(
        "GET",
        _CONTAINER,
        "/replicationProtectionClusters",
        "ReplicationProtectionClusters_ListByReplicationProtectionContainers",
        _CLUSTERS,
    ),
    _Refused("GET", VAULT, "/replicationProtectionClusters", "ReplicationProtectionClusters_List", _CLUSTERS),
    _Refused(
        "GET",
        _CONTAINER,
        "/replicationProtectionClusters/{name}/recoveryPoints",
        "ClusterRecoveryPoints_ListByReplicationProtectionCluster",
        _CLUSTERS,
    ),
    _Refused(
        "GET", VAULT, "/replicationProtectionIntents/{name}", "ReplicationProtectionIntents_Get", _OTHER_PROVIDERS
    ),
    _Refused(
        "PUT", VAULT, "/replicationProtectionIntents/{name}", "ReplicationProtectionIntents_Create", _OTHER_PROVIDERS
    ),
    _Refused("GET", VAULT, "/replicationProtectionIntents", "ReplicationProtectionIntents_List", _OTHER_PROVIDERS),
    _Refused("GET", VAULT, "/replicationAlertSettings/{name}", "ReplicationAlertSettings_Get", _SETTINGS),
    _Refused("PUT", VAULT, "/replicationAlertSettings/{name}", "ReplicationAlertSettings_Create", _SETTINGS),
    _Refused("GET", VAULT, "/replicationAlertSettings", "ReplicationAlertSettings_List", _SETTINGS),
    _Refused(
        "GET",
        _MACHINE,
        "/providers/Microsoft.RecoveryServices/replicationEligibilityResults/default",
        "ReplicationEligibilityResults_Get",
        _OTHER_PROVIDERS,
    ),
    _Refused(
        "GET",
        _MACHINE,
        "/providers/Microsoft.RecoveryServices/replicationEligibilityResults",
        "ReplicationEligibilityResults_List",
        _OTHER_PROVIDERS,
    ),
    _Refused("POST", _FABRIC, "/migratetoaad", "ReplicationFabrics_MigrateToAad", _OTHER_PROVIDERS),
    _Refused("POST", _FABRIC, "/reassociateGateway", "ReplicationFabrics_ReassociateGateway", _OTHER_PROVIDERS),
    _Refused("POST", _FABRIC, "/removeInfra", "ReplicationFabrics_RemoveInfra", _OTHER_PROVIDERS),
    _Refused("GET", _FABRIC, "/replicationLogicalNetworks/{name}", "ReplicationLogicalNetworks_Get", _OTHER_PROVIDERS),
    _Refused(
        "GET",
        _FABRIC,
        "/replicationLogicalNetworks",
        "ReplicationLogicalNetworks_ListByReplicationFabrics",
        _OTHER_PROVIDERS,
    ),
    _Refused("PUT", _CONTAINER, "", "ReplicationProtectionContainers_Create", _CONTAINER_COMES),
    _Refused(
        "POST",
        _CONTAINER,
        "/discoverProtectableItem",
        "ReplicationProtectionContainers_DiscoverProtectableItem",
        _OTHER_PROVIDERS,
    ),
    _Refused("POST", _CONTAINER, "/remove", "ReplicationProtectionContainers_Delete", _CONTAINER_COMES),
    _Refused(
        "POST",
        _CONTAINER,
        "/switchClusterProtection",
        "ReplicationProtectionContainers_SwitchClusterProtection",
        _CLUSTERS,
    ),
    _Refused(
        "POST", _CONTAINER, "/switchprotection", "ReplicationProtectionContainers_SwitchProtection", _OTHER_PROVIDERS
    ),
    _Refused("GET", _CONTAINER, "/replicationMigrationItems/{name}", "ReplicationMigrationItems_Get", _MIGRATION),
    _Refused("PUT", _CONTAINER, "/replicationMigrationItems/{name}", "ReplicationMigrationItems_Create", _MIGRATION),
    _Refused("PATCH", _CONTAINER, "/replicationMigrationItems/{name}", "ReplicationMigrationItems_Update", _MIGRATION),
    _Refused("DELETE", _CONTAINER, "/replicationMigrationItems/{name}", "ReplicationMigrationItems_Delete", _MIGRATION),
    _Refused(
        "GET",
        _CONTAINER,
        "/replicationMigrationItems",
        "ReplicationMigrationItems_ListByReplicationProtectionContainers",
        _MIGRATION,
    ),
    _Refused(
        "POST", _CONTAINER, "/replicationMigrationItems/{name}/migrate", "ReplicationMigrationItems_Migrate", _MIGRATION
    ),
    _Refused(
        "POST",
        _CONTAINER,
        "/replicationMigrationItems/{name}/pauseReplication",
        "ReplicationMigrationItems_PauseReplication",
        _MIGRATION,
    ),
    _Refused(
        "POST",
        _CONTAINER,
        "/replicationMigrationItems/{name}/resumeReplication",
        "ReplicationMigrationItems_ResumeReplication",
        _MIGRATION,
    ),
    _Refused(
        "POST", _CONTAINER, "/replicationMigrationItems/{name}/resync", "ReplicationMigrationItems_Resync", _MIGRATION
    ),
    _Refused(
        "POST",
        _CONTAINER,
        "/replicationMigrationItems/{name}/testMigrate",
        "ReplicationMigrationItems_TestMigrate",
        _MIGRATION,
    ),
    _Refused(
        "POST",
        _CONTAINER,
        "/replicationMigrationItems/{name}/testMigrateCleanup",
        "ReplicationMigrationItems_TestMigrateCleanup",
        _MIGRATION,
    ),
    _Refused("GET", VAULT, "/replicationMigrationItems", "ReplicationMigrationItems_List", _MIGRATION),
    _Refused(
        "GET",
        _CONTAINER,
        "/replicationProtectionClusters/{name}/recoveryPoints/{point}",
        "ClusterRecoveryPoint_Get",
        _CLUSTERS,
    ),
    _Refused(
        "PUT",
        _FABRIC,
        "/replicationRecoveryServicesProviders/{provider}",
        "ReplicationRecoveryServicesProviders_Create",
        _HOSTS_REGISTER,
    ),
    _Refused(
        "GET",
        _FABRIC,
        "/replicationStorageClassifications/{name}",
        "ReplicationStorageClassifications_Get",
        _OTHER_PROVIDERS,
    ),
    _Refused(
        "GET",
        _FABRIC,
        "/replicationStorageClassifications",
        "ReplicationStorageClassifications_ListByReplicationFabrics",
        _OTHER_PROVIDERS,
    ),
    _Refused(
        "GET", VAULT, "/replicationStorageClassifications", "ReplicationStorageClassifications_List", _OTHER_PROVIDERS
    ),
    _Refused(
        "GET",
        _FABRIC,
        "/replicationStorageClassifications/{name}/replicationStorageClassificationMappings/{mapping}",
        "ReplicationStorageClassificationMappings_Get",
        _OTHER_PROVIDERS,
    ),
    _Refused(
        "PUT",
        _FABRIC,
        "/replicationStorageClassifications/{name}/replicationStorageClassificationMappings/{mapping}",
        "ReplicationStorageClassificationMappings_Create",
        _OTHER_PROVIDERS,
    ),
    _Refused(
        "DELETE",
        _FABRIC,
        "/replicationStorageClassifications/{name}/replicationStorageClassificationMappings/{mapping}",
        "ReplicationStorageClassificationMappings_Delete",
        _OTHER_PROVIDERS,
    ),
    _Refused(
        "GET",
        _FABRIC,
        "/replicationStorageClassifications/{name}/replicationStorageClassificationMappings",
        "ReplicationStorageClassificationMappings_ListByReplicationStorageClassifications",
        _OTHER_PROVIDERS,
    ),
    _Refused(
        "GET",
        VAULT,
        "/replicationStorageClassificationMappings",
        "ReplicationStorageClassificationMappings_List",
        _OTHER_PROVIDERS,
    ),
    _Refused("GET", _FABRIC, "/replicationvCenters/{name}", "ReplicationvCenters_Get", _OTHER_PROVIDERS),
    _Refused("PUT", _FABRIC, "/replicationvCenters/{name}", "ReplicationvCenters_Create", _OTHER_PROVIDERS),
    _Refused("PATCH", _FABRIC, "/replicationvCenters/{name}", "ReplicationvCenters_Update", _OTHER_PROVIDERS),
    _Refused("DELETE", _FABRIC, "/replicationvCenters/{name}", "ReplicationvCenters_Delete", _OTHER_PROVIDERS),
    _Refused("GET", _FABRIC, "/replicationvCenters", "ReplicationvCenters_ListByReplicationFabrics", _OTHER_PROVIDERS),
    _Refused("GET", VAULT, "/replicationvCenters", "ReplicationvCenters_List", _OTHER_PROVIDERS),
    _Refused("POST", VAULT, "/replicationJobs/export", "ReplicationJobs_Export", _EXPORT),
    _Refused(
        "POST",
        VAULT,
        "/replicationRecoveryPlans/{plan}/failoverCancel",
        "ReplicationRecoveryPlans_FailoverCancel",
        _PLAN_RUN,
    ),
    _Refused(
        "POST",
        VAULT,
        "/replicationRecoveryPlans/{plan}/failoverCommit",
        "ReplicationRecoveryPlans_FailoverCommit",
        _PLAN_RUN,
    ),
    _Refused(
        "POST",
        VAULT,
        "/replicationRecoveryPlans/{plan}/plannedFailover",
        "ReplicationRecoveryPlans_PlannedFailover",
        _PLAN_RUN,
    ),
    _Refused(
        "POST", VAULT, "/replicationRecoveryPlans/{plan}/reProtect", "ReplicationRecoveryPlans_Reprotect", _PLAN_RUN
    ),
    _Refused(
        "POST",
        VAULT,
        "/replicationRecoveryPlans/{plan}/testFailover",
        "ReplicationRecoveryPlans_TestFailover",
        _PLAN_RUN,
    ),
    _Refused(
        "POST",
        VAULT,
        "/replicationRecoveryPlans/{plan}/testFailoverCleanup",
        "ReplicationRecoveryPlans_TestFailoverCleanup",
        _PLAN_RUN,
    ),
    _Refused(
        "POST",
        VAULT,
        "/replicationRecoveryPlans/{plan}/unplannedFailover",
        "ReplicationRecoveryPlans_UnplannedFailover",
        _PLAN_RUN,
    ),
    _Refused("GET", VAULT, "/replicationVaultSettings/{name}", "ReplicationVaultSetting_Get", _SETTINGS),
    _Refused("PUT", VAULT, "/replicationVaultSettings/{name}", "ReplicationVaultSetting_Create", _SETTINGS),
    _Refused("GET", VAULT, "/replicationVaultSettings", "ReplicationVaultSetting_List", _SETTINGS),
    _Refused("GET", VAULT, "/replicationAppliances", "ReplicationAppliances_List", _OTHER_PROVIDERS),
    _Refused("GET", VAULT, "/replicationSupportedOperatingSystems", "SupportedOperatingSystems_Get", _OTHER_PROVIDERS),
)
