"""The web house as a fixture."""

from tests.factories.house import build_house, empty_database, house, new_database

__all__ = ["build_house", "empty_database", "house", "new_database"]
