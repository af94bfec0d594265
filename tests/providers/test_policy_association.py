"""A policy's association with a site: what of it a dismantling removes."""

from __future__ import annotations

from typing import Any

import pytest

from providers.policy_association import AssociationProvider
from site_recovery.connection import SiteRecovery
from tests.providers.declared_item import Props, declared_item
from tests.site_recovery.prepared import POLICY, policy_id, protect

ASSOCIATION = AssociationProvider()


def _declared(service: SiteRecovery, **props: Any) -> Props:
    """Policy and site are adopted, and the stack is being dismantled."""
    item = declared_item(service)
    own = {key: item[key] for key in ("target", "vault", "site", "containerId", "policyId")}
    return {**own, "policyName": POLICY, "adopted": True, "dismantle": True, **props}


def _associated(service: SiteRecovery) -> list[str | None]:
    service.invalidate()
    (container,) = service.containers("contoso-hyperv")
    return [mapping.policy_id for mapping in service.mappings(container.id)]


def _associated_by_hand(service: SiteRecovery) -> None:
    (container,) = service.containers("contoso-hyperv")
    service.protection.associate_policy(container.id, policy_id=policy_id(service), mapping_name="default")


def _unassociated(service: SiteRecovery) -> None:
    (container,) = service.containers("contoso-hyperv")
    for mapping in service.mappings(container.id):
        service.protection.dissociate_policy(mapping.id)


def _outs(props: Props) -> Props:
    created = ASSOCIATION.create(props)
    assert created.outs is not None
    return created.outs


def test_what_was_found_between_adopted_parts_stays(service: SiteRecovery, capsys: pytest.CaptureFixture[str]) -> None:
    _associated_by_hand(service)
    outs = _outs(_declared(service))
    assert outs["made"] is False
    ASSOCIATION.delete(outs["mappingId"], outs)
    assert len(_associated(service)) == 1
    assert "stays: it was there before" in capsys.readouterr().err


def test_what_the_stack_made_between_adopted_parts_goes(service: SiteRecovery) -> None:
    _unassociated(service)
    outs = _outs(_declared(service, dismantle=False))
    assert outs["made"] is True
    refreshed = ASSOCIATION.read(outs["mappingId"], outs)
    assert refreshed.outs is not None
    assert (refreshed.outs["made"], "made" in (refreshed.inputs or {})) == (True, False)
    noted = ASSOCIATION.update(outs["mappingId"], refreshed.outs, _declared(service))
    assert noted.outs is not None
    assert noted.outs["made"] is True, "an update finds what the creation has made"
    ASSOCIATION.delete(outs["mappingId"], noted.outs)
    assert _associated(service) == []


def test_what_a_state_of_an_earlier_release_has_counts_as_found(service: SiteRecovery) -> None:
    _unassociated(service)
    outs = _outs(_declared(service, dismantle=False))
    del outs["made"], outs["adopted"]
    assert not ASSOCIATION.diff(outs["mappingId"], outs, _declared(service, dismantle=False)).changes
    noted = ASSOCIATION.update(outs["mappingId"], outs, _declared(service))
    assert noted.outs is not None
    ASSOCIATION.delete(outs["mappingId"], noted.outs)
    assert len(_associated(service)) == 1


def test_what_a_vm_of_others_rests_on_stays(service: SiteRecovery, capsys: pytest.CaptureFixture[str]) -> None:
    _unassociated(service)
    outs = _outs(_declared(service))
    item = protect(service, "app01")
    try:
        ASSOCIATION.delete(outs["mappingId"], outs)
        assert len(_associated(service)) == 1
        assert "stays: app01 of another stack, or protected by hand, rests on it" in capsys.readouterr().err
    finally:
        service.protection.disable(item.id)
