"""A mapping of a VMM server's network: pending, refused for what cannot be mapped, made, changed in place, adopted."""

from __future__ import annotations

from typing import Any

import pytest

from dr.live_vault import drafted, read_vault
from providers.network_mapping import NetworkMappingProvider
from site_recovery.connection import SiteRecovery
from tests.providers.declared_item import Props, declared_item
from tests.simulator.running import RunningSimulator
from tests.site_recovery.prepared import SITE, VAULT

MAPPING = NetworkMappingProvider()


def _declared(service: SiteRecovery, **props: Any) -> Props:
    item = declared_item(service)
    return {
        **{key: item[key] for key in ("target", "vault")},
        "vmmServer": "vmm01",
        "mapping": "data-to-azure",
        "sourceNetwork": "data",
        "azureNetworkId": item["azure"]["networkId"],
        "adopt": False,
        "dismantle": False,
        **props,
    }


def _reason(service: SiteRecovery, **props: Any) -> str:
    (failure,) = MAPPING.check({}, _declared(service, **props)).failures
    return str(failure.reason)


def test_a_mapping_waits_for_its_server_and_is_then_made_changed_adopted_and_removed(
    simulator: RunningSimulator, service: SiteRecovery, capsys: pytest.CaptureFixture[str]
) -> None:
    early = MAPPING.create(MAPPING.check({}, _declared(service)).inputs)
    assert (early.id, early.outs["fabricId"] if early.outs else None) == ("pending:vmm01/data-to-azure", "")
    assert "PENDING: no VMM server vmm01 has registered with the vault" in capsys.readouterr().err
    assert not MAPPING.diff(early.id, early.outs or {}, MAPPING.check({}, _declared(service)).inputs).changes
    simulator.admin("POST", "vmm-servers", {"name": "VMM01", "vault": VAULT, "networks": ["Data", "Backup"]})

    said = _reason(service, sourceNetwork="Date")
    assert said.startswith("network mapping data-to-azure: VMM server vmm01 has no network Date; it has Data, Backup")
    assert "did you mean Data?" in said

    now = MAPPING.check(early.outs or {}, _declared(service)).inputs
    assert MAPPING.diff(early.id, early.outs or {}, now).changes
    made = MAPPING.update(early.id, early.outs or {}, now).outs
    assert made is not None
    (mapping,) = service.estate.network_mappings()
    assert (mapping.id, mapping.server, mapping.network) == (made["mappingId"], "VMM01", "Data")
    seen = MAPPING.read(made["mappingId"], made)
    assert seen.outs == made
    assert "mappingId" not in (seen.inputs or {})
    assert MAPPING.check(made, _declared(service)).inputs["fabricId"] == made["fabricId"]

    config = drafted(read_vault(service)).config
    assert config["site-recovery:networkMappings"] == {
        "data-to-azure": {"vmmServer": "VMM01", "sourceNetwork": "Data", "network": "prod", "adopt": True}
    }
    assert list(config["site-recovery:sites"]) == [SITE], "a VMM server is no site"
    adopted = MAPPING.create(MAPPING.check({}, _declared(service, vmmServer="VMM01", adopt=True)).inputs)
    assert adopted.id == made["mappingId"]

    MAPPING.delete(made["mappingId"], made)
    assert len(service.estate.network_mappings()) == 1
    MAPPING.delete(made["mappingId"], {**made, "dismantle": True})
    assert service.estate.network_mappings() == ()


def test_a_hyper_v_site_has_no_networks_to_map(service: SiteRecovery) -> None:
    said = _reason(service, vmmServer=SITE)
    assert f"{SITE} is no VMM server (HyperVSite), and only a VMM server has networks to map" in said
    assert "where a VM comes up is said by its target.network" in said
