"""Values on their way into a sealed column: text that knows whose it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Opened", "Owned", "keeping"]


class Owned(str):
    """Text about a data subject, to be sealed under the key of `subject`."""

    __slots__ = ("subject",)
    subject: str

    def __new__(cls, text: str, subject: str) -> Owned:
        """Text of a subject."""
        self = super().__new__(cls, text)
        self.subject = subject
        return self


class Opened(str):
    """Text as it came out of a sealed column, with the subject under whose key it lay there.

    Not to be taken for `Owned`: in another row it is another subject's.
    """

    __slots__ = ("subject",)
    subject: str

    def __new__(cls, text: str, subject: str) -> Opened:
        """Text of a subject."""
        self = super().__new__(cls, text)
        self.subject = subject
        return self


def keeping(shape: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`shape`, so that what it makes of owned text is owned by the same subject."""

    def process(value: Any) -> Any:
        shaped = shape(value)
        if isinstance(value, Owned) and isinstance(shaped, str):
            return Owned(shaped, value.subject)
        return shaped

    return process
