"""The settings of a replication policy, changed in place.

azure-native makes a policy with a PUT, for which the service has no second meaning; what is changed later goes through
the service's own PATCH, here, and azure-native's resource keeps what it was made with.
"""

from collections.abc import Mapping
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult
from pulumi.output import Input

from providers.operation import Severity, current_operation
from providers.properties import changed_keys, plain
from providers.vault_access import service_of
from site_recovery.declarations import PolicySettings
from site_recovery.errors import NotFoundError
from site_recovery.estate_records import PolicyRecord
from site_recovery.records import same_id

_READ_BACK = {
    "replicationIntervalSeconds": "replication_interval_seconds",
    "recoveryPointHistoryHours": "recovery_point_history_hours",
    "appConsistentFrequencyHours": "app_consistent_frequency_hours",
    "initialReplicationStart": "initial_replication_start",
}


class PolicySettingsProvider(ResourceProvider):
    serialize_as_secret_always = False

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=bool(changed_keys(plain(olds), plain(news), ("settings",))), replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        props = plain(props)
        policy = _policy(props)
        if policy is None:
            raise NotFoundError(
                f"there is no policy {props['policyName']}", str(props["vault"]), "run `pulumi up --strict`"
            )
        if _observed(policy, props["settings"]) != props["settings"]:
            _change(props, policy.initial_replication_start)
        return CreateResult(f"settings:{props['vault']['name']}/{props['policyName']}", props)

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        olds, news = plain(olds), plain(news)
        policy = _policy(news)
        # What is declared no more goes back to nothing; what never was stays as somebody has set it.
        declared = "initialReplicationStart" in (olds.get("settings") or {})
        _change(news, None if policy is None or declared else policy.initial_replication_start)
        return UpdateResult(news)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        props = plain(props)
        policy = _policy(props)
        if policy is None:
            return ReadResult("", {})
        seen = {**props, "settings": _observed(policy, props["settings"])}
        return ReadResult(id_, seen, seen)


class ReplicationPolicySettings(Resource, module="siteRecovery", name="ReplicationPolicySettings"):
    """`settings`: replicationIntervalSeconds, recoveryPointHistoryHours, appConsistentFrequencyHours and, where it is
    declared, initialReplicationStart (a time of day, as 22:30).
    """

    def __init__(
        self,
        resource_name: str,
        *,
        target: Mapping[str, Any],
        vault: Mapping[str, Any],
        policy_id: Input[str],
        policy_name: str,
        settings: Mapping[str, Any],
        opts: ResourceOptions | None = None,
    ) -> None:
        props = {
            "target": dict(target),
            "vault": dict(vault),
            "policyId": policy_id,
            "policyName": policy_name,
            "settings": dict(settings),
        }
        super().__init__(PolicySettingsProvider(), resource_name, props, opts)


def _policy(props: Mapping[str, Any]) -> PolicyRecord | None:
    return next((one for one in service_of(props).policies() if same_id(one.name, props["policyName"])), None)


def _observed(policy: PolicyRecord, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the service says of the declared settings; what it does not tell is as declared."""
    told = {key: getattr(policy, _READ_BACK[key]) for key in settings if key in _READ_BACK}
    return {key: value if told.get(key) is None else told[key] for key, value in settings.items()}


def _change(props: Mapping[str, Any], start: str | None) -> None:
    """`start` is that of initial replication where none is declared."""
    wanted, operation = props["settings"], current_operation()
    settings = PolicySettings(
        replication_interval_seconds=int(wanted["replicationIntervalSeconds"]),
        recovery_point_history_hours=int(wanted["recoveryPointHistoryHours"]),
        app_consistent_frequency_hours=int(wanted["appConsistentFrequencyHours"]),
        initial_replication_start=wanted.get("initialReplicationStart", start),
    )
    service_of(props).estate.update_policy(props["policyName"], settings, cancelled=operation.cancelled)
    operation.say(Severity.INFO, f"policy {props['policyName']} is changed in place; its VMs take the new rhythm")
