"""The two directions of protection, and the words a person reads for them.

The configuration keeps the words of the product's own tutorial (the direction in which data is replicated). They puzzle
at first sight, so whatever is shown to a person says where the VM runs first and the direction in brackets after it.
"""

from enum import StrEnum


class Place(StrEnum):
    """Where the workload runs. `activeLocation` of the service: Primary is on premises, Recovery is Azure."""

    ON_PREMISES = "onPremises"
    AZURE = "azure"

    @property
    def words(self) -> str:
        return {"onPremises": "on premises", "azure": "in Azure"}[self.value]


class Direction(StrEnum):
    """The direction in which a VM is protected: from where it runs to where its replica is kept."""

    ON_PREMISES_TO_AZURE = "onPremisesToAzure"
    AZURE_TO_ON_PREMISES = "azureToOnPremises"

    @property
    def runs(self) -> Place:
        """The place where the VM runs when it is protected in this direction."""
        return Place.ON_PREMISES if self is Direction.ON_PREMISES_TO_AZURE else Place.AZURE

    @property
    def other(self) -> "Direction":
        return Direction.AZURE_TO_ON_PREMISES if self.runs is Place.ON_PREMISES else Direction.ON_PREMISES_TO_AZURE

    @classmethod
    def of(cls, place: Place) -> "Direction":
        """The direction of a VM that runs at `place`."""
        return cls.ON_PREMISES_TO_AZURE if place is Place.ON_PREMISES else cls.AZURE_TO_ON_PREMISES


def change_in_words(vm: str, before: Place, goal: Direction) -> str:
    """`sql01: runs on premises -> runs in Azure (direction azureToOnPremises)`; of a move whose VM is there already,
    that what is left of it is still to be done.
    """
    if before is goal.runs:
        return f"{vm}: runs {before.words} already, its move there is still to be finished (direction {goal})"
    return f"{vm}: runs {before.words} -> runs {goal.runs.words} (direction {goal})"
