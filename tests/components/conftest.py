from tests.engine_fixture import engine

__all__ = ["engine"]
