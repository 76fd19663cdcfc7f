"""The web house as a fixture, and one that sells plans."""

from tests.factories.house import build_house, empty_database, house, new_database
from tests.factories.paying import build_shop, shop, stripe

__all__ = ["build_house", "build_shop", "empty_database", "house", "new_database", "shop", "stripe"]
