"""The web house as a fixture."""

from tests.factories.house import build_house, empty_database, house

__all__ = ["build_house", "empty_database", "house"]
