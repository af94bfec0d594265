"""The typed configuration of a stack: `site-recovery:*`."""

from components.settings.estate import Cloud, Network, Policy, Site, StorageAccount, Target, Vault
from components.settings.load import load_settings, load_stack_file
from components.settings.moves import Move, PointKind, point_kind
from components.settings.permits import Approval, Attestation, Attested, Dismantle, Waiver
from components.settings.problems import Problem, SettingsError
from components.settings.source import NAMESPACE
from components.settings.stack import Settings
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
    "Problem",
    "Settings",
    "SettingsError",
    "Site",
    "StorageAccount",
    "Target",
    "Vault",
    "VmSettings",
    "Waiver",
    "load_settings",
    "load_stack_file",
    "point_kind",
]
