"""Meetings of members in both languages, as in tests/e2ee."""

from tests.e2ee.conftest import meeting, node

__all__ = ["meeting", "node"]
