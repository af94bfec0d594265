from __future__ import annotations

from tests.engine_fixture import engine

__all__ = ["engine"]
