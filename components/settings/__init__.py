"""The typed configuration of a stack: `site-recovery:*`."""

from components.settings.estate import Cloud, Network, Policy, Site, StorageAccount, Target, Vault
from components.settings.moves import Move, PointKind, point_kind
from components.settings.permits import Approval, Attestation, Attested, Dismantle, Waiver
from components.settings.stack import NAMESPACE, Settings
from components.settings.vm import VmSettings

__all__ = [
    "NAMESPACE",
    "Approval",
    "Attestation",
    "Attested",
    "Cloud",
    "Dismantle",
    "Move",
    "Network",
    "PointKind",
    "Policy",
    "Settings",
    "Site",
    "StorageAccount",
    "Target",
    "Vault",
    "VmSettings",
    "Waiver",
    "point_kind",
]
