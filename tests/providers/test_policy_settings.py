"""A replication policy changed in place: what is declared of it, and what somebody else has set."""

from __future__ import annotations

from typing import Any

from providers.policy_settings import PolicySettingsProvider
from site_recovery.connection import SiteRecovery
from site_recovery.declarations import PolicySettings
from tests.providers.declared_item import Props, declared_item
from tests.site_recovery.prepared import POLICY

SETTINGS = PolicySettingsProvider()


def _declared(service: SiteRecovery, **settings: Any) -> Props:
    item = declared_item(service)
    rhythm = {"replicationIntervalSeconds": 300, "recoveryPointHistoryHours": 24, "appConsistentFrequencyHours": 4}
    own = {key: item[key] for key in ("target", "vault", "policyId")}
    return {**own, "policyName": POLICY, "settings": {**rhythm, **settings}}


def _by_hand(service: SiteRecovery, start: str | None) -> None:
    service.estate.update_policy(POLICY, PolicySettings(300, 24, 4, start))


def _seen(service: SiteRecovery) -> tuple[int | None, str | None]:
    (policy,) = service.policies()
    return policy.replication_interval_seconds, policy.initial_replication_start


def test_a_start_that_was_never_declared_stays_when_something_else_changes(service: SiteRecovery) -> None:
    _by_hand(service, "21:15")
    SETTINGS.update("", _declared(service), _declared(service, replicationIntervalSeconds=900))
    assert _seen(service) == (900, "21:15")


def test_a_start_that_is_declared_no_more_goes_back_to_at_once(service: SiteRecovery) -> None:
    SETTINGS.update("", _declared(service), _declared(service, initialReplicationStart="22:30"))
    assert _seen(service) == (300, "22:30")
    SETTINGS.update("", _declared(service, initialReplicationStart="22:30"), _declared(service))
    assert _seen(service) == (300, None)


def test_a_start_that_somebody_changes_shows_as_drift_where_it_is_declared(service: SiteRecovery) -> None:
    _by_hand(service, "03:00")
    declared = _declared(service, initialReplicationStart="22:30")
    drifted = SETTINGS.read("", declared).outs
    assert drifted is not None
    assert drifted["settings"] == {**declared["settings"], "initialReplicationStart": "03:00"}
    undeclared = _declared(service)
    assert SETTINGS.read("", undeclared).outs == undeclared


def test_a_policy_that_has_what_is_declared_is_not_changed(service: SiteRecovery) -> None:
    _by_hand(service, None)
    jobs = len(service.jobs())
    SETTINGS.create(_declared(service))
    assert len(service.jobs()) == jobs
