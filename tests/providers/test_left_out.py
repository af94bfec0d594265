"""What rests on something that failed in this `up` is checked without what that would have given, and says so."""

from __future__ import annotations

from typing import Any

import pytest

from providers.network_mapping import NetworkMappingProvider
from providers.policy_association import AssociationProvider
from providers.protected_item import ItemProvider
from providers.protection_direction import DirectionProvider

HERE, AWAY = "onPremisesToAzure", "azureToOnPremises"
PLACE = {
    "target": {"cloud": "simulator", "subscriptionId": "s", "tenantId": "t"},
    "vault": {"resourceGroup": "contoso-dr", "name": "contoso-vault"},
}
DIRECTION = {
    **PLACE,
    "vm": "app01",
    "direction": HERE,
    "settings": {"failover": {"mode": "unplanned", "commit": "automatic"}},
    "permits": {},
    "maxMoves": 1,
}
ITEM = {
    **PLACE,
    "vm": "app01",
    "site": "contoso-hyperv",
    "containerId": "/container",
    "policyId": "/policy",
    "azure": {"vmName": "app01", "networkId": "/network", "storageAccountId": "/account"},
    "made": ["networkId", "storageAccountId"],
    "source": {},
}


@pytest.mark.parametrize(
    ("direction", "severity", "says"),
    [
        (AWAY, "error", f"No step towards {AWAY} is taken. Mend what failed, then run `pulumi up --strict` again"),
        (HERE, "warning", "It stays as it is"),
    ],
    ids=["flipped", "not flipped"],
)
def test_a_direction_whose_item_failed_is_no_failure_of_its_own_and_plans_nothing(
    capsys: pytest.CaptureFixture[str], direction: str, severity: str, says: str
) -> None:
    olds = {**DIRECTION, "itemId": "/item", "applied": HERE, "plan": [], "blockers": []}
    checked = DirectionProvider().check(olds, {**DIRECTION, "direction": direction})
    assert checked.failures == []
    assert (checked.inputs["applied"], checked.inputs["plan"], checked.inputs["blockers"]) == (HERE, [], [])
    said = capsys.readouterr().err
    assert said.startswith(f"{severity}: app01 is left alone in this `up`: its protected item failed, or what that")
    assert says in said


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ({"azure": {"vmName": "app01", "networkId": "/network"}}, "its storage account failed"),
        ({"azure": {"vmName": "app01"}}, "its network and storage account failed"),
        ({"policyId": None}, "its policy failed"),
        ({"containerId": None}, "its Hyper-V hosts failed"),
    ],
    ids=["account", "network and account", "policy", "hosts"],
)
@pytest.mark.parametrize("olds", [{}, {**ITEM, "itemId": "/item"}], ids=["new", "protected"])
def test_an_item_is_not_blamed_for_what_it_rests_on(
    capsys: pytest.CaptureFixture[str], missing: dict[str, Any], says: str, olds: dict[str, Any]
) -> None:
    news = {key: value for key, value in {**ITEM, **missing}.items() if value is not None}
    checked = ItemProvider().check(olds, news)
    assert checked.failures == []
    assert checked.inputs.get("itemId") == olds.get("itemId")
    assert f"app01 is left alone in this `up`: {says}, or what that rests on did" in (said := capsys.readouterr().err)
    assert "cannot be changed" not in said
    if olds:
        ItemProvider().diff("/item", olds, checked.inputs)
        assert capsys.readouterr().err == "", "it is not told of a change that nobody has declared"


@pytest.mark.parametrize(
    ("provider", "props", "missing", "says"),
    [
        (
            AssociationProvider(),
            {"site": "contoso-hyperv", "containerId": "/container", "policyId": "/policy", "policyName": "fast"},
            "policyId",
            "the association of policy fast with site contoso-hyperv is left alone in this `up`: its policy failed",
        ),
        (
            NetworkMappingProvider(),
            {"vmmServer": "vmm", "mapping": "m", "sourceNetwork": "n", "azureNetworkId": "/network", "fabricId": "/f"},
            "azureNetworkId",
            "network mapping m is left alone in this `up`: its network failed",
        ),
    ],
    ids=["association", "network mapping"],
)
def test_a_part_of_a_site_is_not_blamed_for_what_it_rests_on(
    capsys: pytest.CaptureFixture[str], provider: Any, props: dict[str, Any], missing: str, says: str
) -> None:
    olds = {**PLACE, **props}
    checked = provider.check(olds, {key: value for key, value in olds.items() if key != missing})
    assert checked.failures == []
    assert says in capsys.readouterr().err
