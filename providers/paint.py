"""Colour in messages to the engine: its own marks, which it shows as colours or leaves out, as it was told to."""

from lifecycle.impact_text import Ink

_MARKS = {Ink.GOOD: "<{%fg 2%}>", Ink.CARE: "<{%fg 3%}>", Ink.BAD: "<{%fg 1%}>", Ink.STRONG: "<{%bold%}>"}
_RESET = "<{%reset%}>"


def painted(text: str, ink: Ink) -> str:
    """`text` between the engine's marks."""
    return f"{_MARKS[ink]}{text}{_RESET}"
