"""The policy of a meeting that a member starts on the spot: it stands in the meeting's code.

Such a meeting is stored nowhere, and a guest may come in before the member, so nobody could say under whose
policy it falls. The last letters of its code are therefore a keyed hash of the others and of what the group
wants at the door. Whoever has the key reads it there, for everybody who comes, at any time and after any
restart; for everybody else it is a code like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from onmeet.groups.policy import NOTHING, GroupPolicy
from onmeet.meetings.codes import ALPHABET, new_code
from onmeet.notices.marks import mark

__all__ = ["InstantCodes"]

_TAIL = 3
"""Letters that carry the hash: of 1,700 codes that somebody makes up, one reads like a member's."""

_WISHES: tuple[GroupPolicy, ...] = tuple(
    GroupPolicy(telephone=telephone, dial_out=dial_out, lobby=lobby)
    for telephone, dial_out, lobby in product((True, False), (True, False), (False, True))
    if (telephone, dial_out, lobby) != (True, True, False)
)
"""What a code can carry."""


class InstantCodes:
    """Makes and reads such codes. `key` makes marks (`Config.marks_key`)."""

    def __init__(self, key: bytes, mint: Callable[[], str] = new_code) -> None:
        self._key = key
        self._mint = mint

    def new(self, asked: GroupPolicy) -> str:
        """A code for a meeting of somebody whose group asks for this; what is about records stays out."""
        wanted = GroupPolicy(telephone=asked.telephone, dial_out=asked.dial_out, lobby=asked.lobby)
        while True:
            code = self._mint()
            if wanted.tightens:
                code = self._carrying(wanted, code)
            if self.asked(code) == wanted:  # else it reads like another wish by chance
                return code

    def asked(self, code: str) -> GroupPolicy:
        """What the group of whoever started the meeting wants at its door; `NOTHING` for any other code."""
        return next((wish for wish in _WISHES if self._carrying(wish, code) == code), NOTHING)

    def _carrying(self, wish: GroupPolicy, code: str) -> str:
        head = code[:-_TAIL]
        number = int(mark(self._key, "instant", f"{head} {wish.to_json()}"), 16)
        letters = (number // len(ALPHABET) ** place % len(ALPHABET) for place in range(_TAIL))
        return head + "".join(ALPHABET[letter] for letter in letters)
