"""What the relay counts for its operator: sums without a name, a code or an address."""

from __future__ import annotations

from collections import Counter

__all__ = ["Counters"]


class Counters:
    """Sums since the start. The keys are words of this program, never anything from outside."""

    def __init__(self) -> None:
        self.messages_in = 0
        self.messages_out = 0
        self.joined = 0
        self.resumed = 0
        self.left: Counter[str] = Counter()  # by reason
        self.errors: Counter[str] = Counter()  # by error code
        self.closed: Counter[int] = Counter()  # by close code
        self.calls = 0  # that came to a lobby
        self.sound_nowhere = 0  # packets for a room that does not live
        self.faults = 0  # exceptions that reached a boundary: bugs

    def as_dict(self) -> dict[str, object]:
        """For the metrics query."""
        return {
            "messages_in": self.messages_in,
            "messages_out": self.messages_out,
            "joined": self.joined,
            "resumed": self.resumed,
            "left": dict(self.left),
            "errors": dict(self.errors),
            "closed": {str(code): n for code, n in self.closed.items()},
            "calls": self.calls,
            "sound_nowhere": self.sound_nowhere,
            "faults": self.faults,
        }
