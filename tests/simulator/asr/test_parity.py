"""The document says what the routes do."""

from __future__ import annotations

from simulator.parity import DOCUMENT, with_generated_parts
from simulator.rooms import all_routes


def test_the_tables_in_the_document_are_those_of_the_routes_and_states() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert with_generated_parts(text) == text, "run `python -m simulator.parity`"


def test_every_operation_of_azure_has_its_row() -> None:
    without = [
        route.name
        for route in all_routes()
        if route.parity is None and not route.template.startswith("/_simulator") and route.authenticated
    ]
    assert without == []
