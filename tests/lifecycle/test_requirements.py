"""The limits of Azure, at and just beyond each, in both editions of the support matrix."""

from dataclasses import replace

import pytest

from lifecycle.machine import Disk, Landing, Machine
from lifecycle.requirements import (
    EDITIONS,
    MANAGED,
    UNMANAGED,
    Edition,
    SizeLimits,
    edition_of,
    unchecked,
    unchecked_disks,
    unmet,
)

FIT = Machine(
    name="sql01",
    os_type="Windows",
    os_version="10.0",
    os_product="VER_NT_SERVER",
    generation=2,
    disks=(Disk("os", True, 127 * 1024), Disk("data", False, 256 * 1024)),
    nics=1,
    physical_disk=False,
    fibre_channel=False,
    shared_disk=False,
)
TO_MANAGED = Landing(name="sql01", size="Standard_D4s_v5", managed_disks=True)
TO_UNMANAGED = replace(TO_MANAGED, managed_disks=False)


def test_a_fit_vm_meets_everything_in_both_editions() -> None:
    assert unmet(FIT, TO_MANAGED) == unmet(FIT, TO_UNMANAGED) == ()


def test_what_is_not_known_is_not_held_against_a_vm() -> None:
    assert unmet(Machine("sql01"), Landing(None)) == ()


def test_managed_disks_decide_which_edition_holds() -> None:
    assert edition_of(TO_UNMANAGED) is UNMANAGED
    assert edition_of(TO_MANAGED) is MANAGED
    assert edition_of(Landing(None)) is MANAGED
    assert all(edition.source and edition.dated for edition in EDITIONS)


@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize(("landing", "edition"), [(TO_UNMANAGED, UNMANAGED), (TO_MANAGED, MANAGED)])
def test_the_operating_system_disk_has_a_largest_size(landing: Landing, edition: Edition, generation: int) -> None:
    most = edition.os_disk_gb[generation] * 1024
    assert unmet(_with_os_disk(most, generation), landing) == ()
    (found,) = unmet(_with_os_disk(most + 1, generation), landing)
    assert f"{edition.os_disk_gb[generation]} GB" in found.cause


@pytest.mark.parametrize(("landing", "edition"), [(TO_UNMANAGED, UNMANAGED), (TO_MANAGED, MANAGED)])
def test_a_data_disk_has_a_largest_size_and_there_is_a_largest_number(landing: Landing, edition: Edition) -> None:
    most = Disk("data", False, edition.data_disk_gb * 1024)
    system = FIT.disks[0]
    full = replace(FIT, disks=(system, *[most] * edition.data_disks))
    assert unmet(full, landing) == ()
    (many,) = unmet(replace(FIT, disks=(*full.disks, most)), landing)
    assert many.cause == f"sql01 has {edition.data_disks + 1} data disks, and Azure takes {edition.data_disks}"
    (large,) = unmet(replace(FIT, disks=(system, replace(most, size_mb=edition.data_disk_gb * 1024 + 1))), landing)
    assert "disk data of sql01" in large.cause


@pytest.mark.parametrize("count", [0, 2])
def test_there_is_exactly_one_operating_system_disk(count: int) -> None:
    disks = (*[FIT.disks[0]] * count, FIT.disks[1])
    (found,) = unmet(replace(FIT, disks=disks), TO_MANAGED)
    assert found.cause == f"sql01 has {count} operating system disks, and Azure takes one"


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"physical_disk": True}, "physical (pass-through) disk"),
        ({"shared_disk": True}, "shared with another VM"),
        ({"fibre_channel": True}, "fibre channel"),
        ({"os_type": "Other"}, "runs Other, and Azure takes Windows and Linux"),
    ],
)
def test_hardware_and_systems_that_azure_does_not_take(part: dict[str, object], words: str) -> None:
    (found,) = unmet(replace(FIT, **part), TO_MANAGED)  # type: ignore[arg-type] # one field each
    assert words in found.cause


@pytest.mark.parametrize("kind", ["physical_disk", "shared_disk"])
def test_a_disk_that_azure_does_not_take_may_be_the_one_that_is_left_out(kind: str) -> None:
    """Its host says that the VM has one, and not which of its disks it is."""
    left_out = replace(FIT, **{kind: True}, disks_left_out=True)  # type: ignore[arg-type] # one field each
    assert unmet(left_out, TO_MANAGED) == ()
    (unknown,) = unchecked_disks(left_out)
    assert "the VM has such a disk, and some disks are left out" in unknown
    assert not list(unchecked_disks(replace(FIT, disks_left_out=True)))


def test_linux_of_generation_2_needs_managed_disks() -> None:
    linux = replace(FIT, os_type="Linux")
    assert unmet(linux, TO_MANAGED) == ()
    (found,) = unmet(linux, TO_UNMANAGED)
    assert "generation 2 VM with Linux" in found.cause
    assert unmet(replace(linux, generation=1), TO_UNMANAGED) == ()


@pytest.mark.parametrize("name", ["sql-01", "a", "A" * 63])
def test_names_that_an_azure_vm_can_have(name: str) -> None:
    assert unmet(FIT, replace(TO_MANAGED, name=name)) == ()


@pytest.mark.parametrize("name", ["sql_01", "-sql", "sql-", "sql.contoso", "A" * 64, "sql 01"])
def test_names_that_an_azure_vm_cannot_have(name: str) -> None:
    (found,) = unmet(FIT, replace(TO_MANAGED, name=name))
    assert "target.name" in found.mend
    (inherited,) = unmet(replace(FIT, name=name), replace(TO_MANAGED, name=None))
    assert name in inherited.cause


def test_the_size_has_to_carry_the_disks_and_the_network_cards() -> None:
    small = SizeLimits("Standard_D2s_v5", data_disks=4, nics=2)
    five = replace(FIT, disks=(FIT.disks[0], *[FIT.disks[1]] * 5), nics=3)
    disks, nics = unmet(five, TO_MANAGED, small)
    assert disks.cause == "sql01 has 5 data disks, and size Standard_D2s_v5 takes 4"
    assert nics.cause == "sql01 has 3 network cards, and size Standard_D2s_v5 takes 2"
    assert unmet(five, TO_MANAGED, SizeLimits("new", None, None)) == ()


def _with_os_disk(size_mb: int, generation: int) -> Machine:
    return replace(FIT, disks=(Disk("os", True, size_mb),), generation=generation)


def test_what_its_host_does_not_tell_of_a_vm_is_named() -> None:
    nothing = Machine("sql01", disks=(Disk("os", True, None),))
    assert unchecked(nothing) == (
        "which operating system it runs (the service does not tell it; write source.osType)",
        "its generation, by which its operating system disk may be large",
        "the size of its disk os",
        "whether one of its disks is a physical (pass-through) one",
        "whether one of its disks is a shared one",
        "whether it has a virtual fibre channel adapter",
    )
    assert unchecked(FIT) == ()


@pytest.mark.parametrize("version", ["5.2", "6.0", "6.1", "6.3", "10.0", "10.0.20348"])
@pytest.mark.parametrize("landing", [TO_MANAGED, TO_UNMANAGED])
def test_a_version_of_windows_that_azure_takes_is_judged_to_be_fit(version: str, landing: Landing) -> None:
    machine = replace(FIT, os_version=version)
    assert unmet(machine, landing) == ()
    assert unchecked(machine) == ()


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"os_version": "5.1"}, "runs Windows 5.1, and Azure takes Windows Server 2003 (5.2) and later"),
        ({"os_version": "4.0"}, "runs Windows 4.0, and Azure takes Windows Server 2003 (5.2) and later"),
        ({"os_edition": "ServerDatacenterNano"}, "as Nano Server (ServerDatacenterNano), which is not replicated"),
    ],
)
def test_a_version_or_edition_that_azure_does_not_take_is_unmet(part: dict[str, str], words: str) -> None:
    for landing in (TO_MANAGED, TO_UNMANAGED):
        (found,) = unmet(replace(FIT, **part), landing)  # type: ignore[arg-type]
        assert words in found.cause
        assert found.certain


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"os_version": None}, "whether Azure supports its version of Windows (the service does not tell it; look it"),
        ({"os_version": "R2"}, "whether Azure supports its version of Windows, R2 (the service does not tell it"),
        ({"os_version": "11.0"}, "Windows, 11.0 (it is newer than the table, which is of 2023-04-03; look it up"),
        ({"os_product": "VER_NT_WORKSTATION"}, "it is a client (VER_NT_WORKSTATION), and Azure's list is of servers"),
        ({"os_type": "Linux", "os_version": "8.9"}, "Linux, 8.9 (Azure's list is of distributions, which the service"),
        ({"os_type": "Linux", "os_version": None}, "version of Linux (Azure's list is of distributions"),
    ],
)
def test_a_version_that_nobody_can_judge_is_told_and_never_guessed(part: dict[str, str | None], words: str) -> None:
    machine = replace(FIT, **part)  # type: ignore[arg-type]
    assert unmet(machine, TO_MANAGED) == ()
    (said,) = unchecked(machine)
    assert words in said
