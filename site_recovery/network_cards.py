"""The network cards of a protected item: which of them a declaration means, and all of them as an update takes them.

An update gives every card of the VM, and every address of a card: the service's own tools send back whatever they read
and do not change, since what is left out of a list is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azure.mgmt.recoveryservicessiterecovery.models import VMNicInputDetails

from site_recovery.records import ItemRecord, same_id

Card = Mapping[str, Any]  # a member of `vmNics`, as answered
Address = Mapping[str, Any]  # a member of a card's `ipConfigs`, as answered

# Answer and input name most parts of a card, and of an address, alike; a few are renamed.
_OF_CARD = (
    "nicId",
    "selectionType",
    "recoveryNetworkSecurityGroupId",
    "enableAcceleratedNetworkingOnRecovery",
    "tfoNetworkSecurityGroupId",
    "enableAcceleratedNetworkingOnTfo",
    "recoveryNicName",
    "recoveryNicResourceGroupName",
    "reuseExistingNic",
    "tfoReuseExistingNic",
    "targetNicName",
)
_RENAMED_OF_CARD = {"tfoRecoveryNicName": "tfoNicName", "tfoRecoveryNicResourceGroupName": "tfoNicResourceGroupName"}
_OF_ADDRESS = (
    "isPrimary",
    "isSeletedForFailover",  # the service's own spelling
    "recoverySubnetName",
    "recoveryStaticIPAddress",
    "recoveryPublicIPAddressId",
    "recoveryLBBackendAddressPoolIds",
    "tfoSubnetName",
    "tfoStaticIPAddress",
    "tfoPublicIPAddressId",
    "tfoLBBackendAddressPoolIds",
)


def cards_of(item: ItemRecord) -> list[Card]:
    """All network cards of the VM, in the service's order."""
    cards = item.raw_details.get("vmNics")
    return [card for card in cards if isinstance(card, Mapping)] if isinstance(cards, list | tuple) else []


def main_card(item: ItemRecord) -> Card:
    """The card that is the Azure VM's first one, which is the one a stack declares; empty for a VM without any."""
    cards = cards_of(item)
    chosen = item.main_nic
    return next((card for card in cards if chosen is not None and same_id(card.get("nicId"), chosen.id)), {})


def main_address(card: Card) -> Address:
    """The primary one of a card's addresses, or the first; empty for a card without any."""
    addresses = _addresses(card)
    return next((address for address in addresses if address.get("isPrimary")), addresses[0] if addresses else {})


def card_input(card: Card, change: Mapping[str, Any]) -> VMNicInputDetails:
    """A card as an update takes it: as it is, with a `change` of its main address, by the names of the input."""
    main = main_address(card)
    given = _addresses(card) or ([main] if change else [])
    addresses = [_main_input(main, change) if address is main else _address_input(address) for address in given]
    values: dict[str, Any] = {
        **{name: card.get(name) for name in _OF_CARD},
        **{theirs: card.get(ours) for ours, theirs in _RENAMED_OF_CARD.items()},
        "ipConfigs": addresses or None,
    }
    if change and not values["selectionType"]:
        values["selectionType"] = "SelectedByUser"
    return VMNicInputDetails(_given(values))


def _addresses(card: Card) -> list[Address]:
    addresses = card.get("ipConfigs")
    return [one for one in addresses if isinstance(one, Mapping)] if isinstance(addresses, list | tuple) else []


def _main_input(address: Address, change: Mapping[str, Any]) -> dict[str, Any]:
    """The service's own tools always say these two of a card's only address."""
    return {"isPrimary": True, "isSeletedForFailover": True, **_address_input(address), **change}


def _address_input(address: Address) -> dict[str, Any]:
    return _given({"ipConfigName": address.get("name"), **{name: address.get(name) for name in _OF_ADDRESS}})


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
