"""What forwarding has done, as plain sums: for metrics, the benchmark and tests."""

from __future__ import annotations

__all__ = ["Counters"]


class Counters:
    """Sums since the room began. Names under `dropped_` say why a packet was not forwarded."""

    __slots__ = (
        "dropped_duplicate",
        "dropped_empty",
        "dropped_late",
        "dropped_malformed",
        "dropped_muted",
        "dropped_quiet",
        "dropped_refused",
        "dropped_restart",
        "dropped_thinned",
        "dropped_unknown",
        "dropped_unverified",
        "keyframes_requested",
        "nacks_received",
        "nacks_sent",
        "octets_in",
        "octets_out",
        "packets_in",
        "packets_out",
        "packets_repaired",
        "retransmissions",
        "retransmissions_denied",
    )

    def __init__(self) -> None:
        self.packets_in = 0
        self.octets_in = 0
        self.packets_out = 0
        self.octets_out = 0
        self.packets_repaired = 0  # came back from the publisher by RTX
        self.retransmissions = 0  # sent to subscribers by RTX
        self.retransmissions_denied = 0  # asked for too often, too soon or too late
        self.nacks_sent = 0
        self.nacks_received = 0
        self.keyframes_requested = 0
        self.dropped_malformed = 0
        self.dropped_unknown = 0  # no track claims the SSRC or payload type
        self.dropped_duplicate = 0
        self.dropped_late = 0
        self.dropped_restart = 0  # a first packet after a leap of the sequence
        self.dropped_empty = 0  # padding
        self.dropped_refused = 0  # no valid SFrame header
        self.dropped_unverified = 0  # the packet that carries the SFrame header never came
        self.dropped_muted = 0
        self.dropped_quiet = 0  # not among the loudest
        self.dropped_thinned = 0  # a temporal layer above the budget
