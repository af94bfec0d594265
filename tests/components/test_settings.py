"""What a configuration means: defaults, merging, references, and the plain values that resources are made of."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from components.settings import Attested, Cloud, Move, Settings, SettingsError, load_settings
from components.settings.estate import Immutability, Redundancy, ResourceGroup
from components.settings.risks import risks
from lifecycle.directions import Direction
from lifecycle.options import Commit, DataSync, FailoverMode, MoveOptions, SourceOff
from lifecycle.steps import Step
from tests.settings_samples import NETWORK_ID, STORAGE_ID, small, with_vm

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_vm_has_the_designed_defaults() -> None:
    vm = load_settings(small()).vms["sql01"]
    assert vm.direction is Direction.ON_PREMISES_TO_AZURE
    assert vm.failover.mode is FailoverMode.PLANNED
    assert vm.failover.shutdown_source
    assert vm.failover.recovery_point == "latest"
    assert vm.failover.commit is Commit.AFTER_VERIFICATION
    assert vm.failback.data_sync is DataSync.BEFORE_FAILOVER
    assert vm.failback.completion == "automatic"
    assert vm.failback.commit is Commit.MANUAL
    assert vm.hold_after is None
    assert vm.target.managed_disks


def test_a_stack_has_careful_defaults() -> None:
    settings = load_settings(small())
    assert settings.max_moves == 1
    assert settings.freeze is None
    assert not settings.vault.adopt
    assert not settings.require_approval
    assert settings.target.cloud is Cloud.AZURE


def test_the_planner_reads_the_same_defaults() -> None:
    vm = load_settings(small()).vms["sql01"]
    assert MoveOptions.from_inputs(vm.direction_inputs()) == MoveOptions()


def test_the_planner_reads_every_choice() -> None:
    vm = load_settings(
        with_vm(
            failover={
                "mode": "unplanned",
                "shutdownSource": False,
                "recoveryPoint": "latestProcessed",
                "commit": "manual",
            },
            failback={
                "completion": {"window": {"from": "2026-11-23T22:00:00+01:00", "to": "2026-11-24T04:00:00+01:00"}},
                "commit": "automatic",
                "recoveryVm": "create",
                "recoveryHost": "hv02",
            },
            holdAfter="reprotect",
            verification=[{"tcp": {"host": "10.1.0.4", "port": 1433}}],
            maxDataLossMinutes=15,
            takeOver="0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
            stepLimits={"failover": 30},
        )
    ).vms["sql01"]
    options = MoveOptions.from_inputs(vm.direction_inputs())
    assert options.mode is FailoverMode.UNPLANNED
    assert not options.shutdown_source
    assert options.recovery_point == "latestProcessed"
    assert options.completion_window is not None
    assert options.completion_window.opens == datetime(2026, 11, 23, 21, tzinfo=UTC)
    assert options.create_on_premises_vm
    assert options.host_needed(failback=True) == "hv02"
    assert options.host_needed(failback=False) is None
    assert options.hold_after is Step.REPROTECT
    assert options.max_data_loss_minutes == 15
    assert options.take_over == "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
    assert dict(options.step_limits) == {"failover": 30}


def test_the_vm_wins_over_its_tier_over_the_defaults_over_what_is_built_in() -> None:
    values = with_vm(tier="gold", target={"tags": {"own": "vm"}})
    values["defaults"] = {
        "drillWithinDays": 60,
        "longStayDays": 60,
        "failover": {"commit": "manual"},
        "target": {"size": "Standard_D2s_v5", "tags": {"own": "defaults", "from": "defaults"}},
    }
    values["tiers"] = {"gold": {"longStayDays": 90, "target": {"size": "Standard_D4s_v5", "tags": {"own": "tier"}}}}
    vm = load_settings(values).vms["sql01"]
    assert (vm.drill_within_days, vm.long_stay_days) == (60, 90)
    assert vm.failover.commit is Commit.MANUAL
    assert vm.failover.mode is FailoverMode.PLANNED
    assert vm.target.size == "Standard_D4s_v5"
    assert vm.target.tags == {"own": "vm", "from": "defaults"}


def test_the_defaults_name_the_tier_of_vms_that_name_none() -> None:
    values = small(defaults={"tier": "gold"}, tiers={"gold": {"drillWithinDays": 7}, "iron": {"drillWithinDays": 9}})
    values["vms"]["app01"] = values["vms"]["sql01"] | {"tier": "iron"}
    vms = load_settings(values).vms
    assert (vms["sql01"].tier, vms["sql01"].drill_within_days) == ("gold", 7)
    assert (vms["app01"].tier, vms["app01"].drill_within_days) == ("iron", 9)


def test_a_null_takes_back_what_was_inherited() -> None:
    values = with_vm(holdAfter=None, failover=None)
    values["defaults"] = {"holdAfter": "failover", "failover": {"commit": "automatic"}}
    vm = load_settings(values).vms["sql01"]
    assert vm.hold_after is None
    assert vm.failover.commit is Commit.AFTER_VERIFICATION


def test_a_list_replaces_the_inherited_list() -> None:
    values = with_vm(verification=[{"http": {"url": "http://sql01/"}}])
    values["defaults"] = {"verification": [{"tcp": {"host": "a", "port": 1}}, {"tcp": {"host": "b", "port": 2}}]}
    (check,) = load_settings(values).vms["sql01"].verification
    assert check.http is not None
    assert check.http.status == 200


@pytest.mark.parametrize(
    ("verification", "failover", "failback"),
    [
        ([], Commit.MANUAL, Commit.MANUAL),
        ([{"tcp": {"host": "a", "port": 1}}], Commit.AFTER_VERIFICATION, Commit.AFTER_VERIFICATION),
        ([{"tcp": {"host": "a", "port": 1}, "after": "failover"}], Commit.AFTER_VERIFICATION, Commit.MANUAL),
        ([{"tcp": {"host": "a", "port": 1}, "after": "failback"}], Commit.MANUAL, Commit.AFTER_VERIFICATION),
    ],
)
def test_a_commit_after_a_verification_that_is_not_declared_is_by_hand(
    verification: list[Any], failover: Commit, failback: Commit
) -> None:
    vm = load_settings(with_vm(verification=verification, failback={"commit": "afterVerification"})).vms["sql01"]
    assert vm.effective_commit(Move.FAILOVER) is failover
    assert vm.effective_commit(Move.FAILBACK) is failback


def test_inputs_are_plain_values_without_gaps() -> None:
    vm = load_settings(
        with_vm(failback={"completion": {"window": {"from": "2026-11-23T22:00:00Z", "to": "2026-11-24T04:00:00Z"}}})
    ).vms["sql01"]
    inputs = vm.as_inputs()
    assert json.loads(json.dumps(inputs)) == inputs
    assert "null" not in json.dumps(inputs)
    assert inputs["direction"] == "onPremisesToAzure"
    assert inputs["failback"]["completion"]["window"]["from"] == "2026-11-23T22:00:00Z"
    assert type(inputs["failover"]["mode"]) is str


def test_equal_settings_give_equal_text() -> None:
    one, other = with_vm(target={"tags": {"a": "1"}}, maxDataLossMinutes=5), with_vm(maxDataLossMinutes=5)
    other["vms"]["sql01"]["target"] = {"tags": {"a": "1"}}
    texts = {json.dumps(load_settings(values).vm_inputs()) for values in (one, other)}
    assert len(texts) == 1


def test_a_tag_is_no_input_of_the_direction_and_a_flip_none_of_the_item() -> None:
    plain = load_settings(small()).vms["sql01"]
    tagged = load_settings(with_vm(target={"tags": {"a": "b"}}, policy="every-5-minutes")).vms["sql01"]
    flipped = load_settings(with_vm(direction="azureToOnPremises")).vms["sql01"]
    assert plain.direction_inputs() == tagged.direction_inputs()
    assert plain.item_inputs() == flipped.item_inputs()
    assert plain.item_inputs() != tagged.item_inputs()
    assert set(plain.as_inputs()) == set(plain.direction_inputs()) | set(plain.item_inputs())


def test_settings_cannot_be_changed() -> None:
    settings = load_settings(small())
    with pytest.raises(ValidationError, match="frozen"):
        settings.max_moves = 5
    with pytest.raises(ValidationError, match="frozen"):
        settings.vms["sql01"].direction = Direction.AZURE_TO_ON_PREMISES


def test_a_reference_is_a_declared_name_or_an_arm_id() -> None:
    settings = load_settings(with_vm(target={"network": "test", "storageAccount": STORAGE_ID}))
    assert settings.network_id("test") == NETWORK_ID
    assert settings.network_id("vnet") is None
    assert settings.network_id(NETWORK_ID) == NETWORK_ID
    assert settings.storage_account_id("contosodr") == STORAGE_ID
    assert settings.storage_account_id(STORAGE_ID) == STORAGE_ID


def test_arm_ids_are_taken_without_regard_to_case() -> None:
    shouted = NETWORK_ID.replace("resourceGroups", "RESOURCEGROUPS").replace("Microsoft.Network", "microsoft.network")
    assert load_settings(with_vm(target={"network": shouted})).vms["sql01"].target.network == shouted


def test_only_policies_in_use_are_associated_with_a_site() -> None:
    values = small(sites={"contoso-hyperv": {}, "other": {}}, policies={"every-5-minutes": {}, "unused": {}})
    settings = load_settings(values)
    assert settings.policies_of_site("contoso-hyperv") == ("every-5-minutes",)
    assert settings.policies_of_site("other") == ()
    assert [vm.name for vm in settings.vms_of_site("contoso-hyperv")] == ["sql01"]


def test_vms_come_in_order_of_their_names() -> None:
    values = small()
    values["vms"] = dict.fromkeys(("web", "app", "sql"), values["vms"]["sql01"])
    assert list(load_settings(values).vms) == ["app", "sql", "web"]


def permits() -> Settings:
    until = (NOON + timedelta(hours=1)).isoformat()
    return load_settings(
        small(
            waivers=[{"vm": "sql01", "code": "maxDataLoss", "reason": "read only", "until": until}],
            attestations=[{"vm": "sql01", "what": "sourceOff", "by": "Ada", "until": until}],
            approvals=[{"vm": "sql01", "digest": "3f7a9c0d12e4", "by": "Grace", "until": until}],
        )
    )


def test_a_permit_holds_for_its_vm_and_its_matter() -> None:
    settings = permits()
    assert settings.waiver("sql01", "maxDataLoss", NOON) is not None
    assert settings.waiver("sql01", "freeze", NOON) is None
    assert settings.waiver("app01", "maxDataLoss", NOON) is None
    assert settings.attestation("sql01", Attested.SOURCE_OFF, NOON) is not None
    assert settings.attestation("sql01", Attested.NO_CHECKPOINTS, NOON) is None
    assert settings.approval("sql01", "3f7a9c0d12e4", NOON) is not None
    assert settings.approval("sql01", "000000000000", NOON) is None


def test_a_permit_runs_out() -> None:
    settings, later = permits(), NOON + timedelta(hours=1)
    assert settings.waiver("sql01", "maxDataLoss", later) is None
    assert settings.attestation("sql01", Attested.SOURCE_OFF, later) is None
    assert settings.approval("sql01", "3f7a9c0d12e4", later) is None


def test_only_a_statement_about_a_failover_is_handed_to_its_move() -> None:
    until = (NOON + timedelta(hours=1)).isoformat()
    about = {"vm": "sql01", "what": "sourceOff", "failoverJob": "0f1e2d3c-4b5a", "by": "Ada", "until": until}
    settings = load_settings(small(attestations=[about]))
    options = MoveOptions.from_inputs(settings.move_inputs(settings.vms["sql01"]))
    assert options.source_off == (SourceOff("0f1e2d3c-4b5a", NOON + timedelta(hours=1)),)
    without = permits()
    assert MoveOptions.from_inputs(without.move_inputs(without.vms["sql01"])).source_off == ()


def test_azures_own_words_are_at_hand() -> None:
    assert Redundancy.ZONE_REDUNDANT.in_azure == "ZoneRedundant"
    assert Immutability.UNLOCKED.in_azure == "Unlocked"


def test_a_changed_recovery_point_may_be_named_in_every_way() -> None:
    guid = "8f4c3c1e-6f0d-4b7e-9a55-0c1d2e3f4a5b"
    points = ("latestAppConsistent", guid, f"/Subscriptions/x/recoveryPoints/{guid}", "2026-11-23T10:00:00+01:00")
    for point in points:
        failover = {"mode": "unplanned", "changeRecoveryPoint": point}
        assert load_settings(with_vm(failover=failover)).vms["sql01"].failover.change_recovery_point == point
    for point in ("newest", "2026-11-23T10:00:00", "2026-11-23", "8f4c3c1e"):
        with pytest.raises(SettingsError):
            load_settings(with_vm(failover={"mode": "unplanned", "recoveryPoint": point}))


def test_tags_beside_adopt_of_a_group_are_told_since_they_are_not_written() -> None:
    settings = load_settings(small())
    tagged = ResourceGroup.model_validate({"adopt": True, "tags": {"owner": "me"}})
    risk = list(risks(settings.model_copy(update={"resource_groups": {"theirs": tagged}})))[-1]
    assert risk.path == ("site-recovery:resourceGroups", "theirs", "tags")
    assert risk.what.startswith("are not written: the group is adopted")
    made = ResourceGroup.model_validate({"tags": {"owner": "me"}})
    assert list(risks(settings.model_copy(update={"resource_groups": {"ours": made}}))) == list(risks(settings))
