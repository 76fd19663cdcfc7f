"""The receiving side of one participant: subscriptions, their feedback, and the plan of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from onmeet.relay.bandwidth import Estimator, RembEstimator
from onmeet.relay.counters import Counters
from onmeet.relay.interface import VOICE_BITS, DownSpec, PacketSink
from onmeet.relay.layers import NOTHING, Ask, Choice, Layer, allocate, fitting_layer, nominal
from onmeet.relay.quality import Link
from onmeet.relay.retransmit import RepairBudget, Retransmitter
from onmeet.relay.subscription import Subscription
from onmeet.relay.track import Track
from onmeet.relay.video_stream import VideoStream
from onmeet.rtp import feedback, rtcp

__all__ = ["Downlink"]

_UNSEEN = (320, 180)  # how large a track counts until the subscriber has said what it shows
_PLAN_EVERY = 0.25  # s
_VOICE_RATE = VOICE_BITS + 18_000.0  # bit/s set aside for each forwarded sound and its headers
_REPAIR_SHARE = 0.05  # of the estimate set aside for repairs
_GAIN = 0.125  # RFC 6298 §2
_START_TRIP = 0.1  # s
_MAX_TRACKS = 4096  # four sources of the most participants that PROTOCOL.md can number
_MAX_SIZE = 16_384  # pixels: nobody shows more, whatever a message says


class Downlink:
    """See the module. Made by `Router.add_downlink`."""

    __slots__ = (
        "_budget",
        "_by_ssrc",
        "_counters",
        "_estimator",
        "_forget",
        "_heard",
        "_loss",
        "_plan_due",
        "_rate",
        "_retransmitters",
        "_sent",
        "_share",
        "_sink",
        "_sizes",
        "_subscriptions",
        "_told",
        "closed",
        "index",
        "round_trip",
    )

    def __init__(
        self,
        index: int,
        sink: PacketSink,
        counters: Counters,
        now: float,
        forget: Callable[[Downlink], None],
        estimator: Estimator | None = None,
    ) -> None:
        self.index = index
        self.round_trip = _START_TRIP
        self.closed = False
        self._sink = sink
        self._counters = counters
        self._forget = forget
        self._estimator: Estimator = estimator or RembEstimator(now)
        self._budget = RepairBudget(now)
        self._subscriptions: dict[str, Subscription] = {}  # by track id
        self._by_ssrc: dict[int, Subscription] = {}
        self._retransmitters: dict[int, Retransmitter] = {}  # by SSRC
        self._sizes: dict[str, tuple[int, int]] = {}  # of the last view
        self._told: set[str] = set()  # the tracks that the subscriber knew when it sent that
        self._plan_due = now
        self._sent = (now, 0)
        self._rate = 0.0
        self._heard: float | None = None
        self._loss = 0.0
        self._share = 1.0

    # --- what flows -----------------------------------------------------------------------------

    def subscribe(self, track: Track, spec: DownSpec) -> Subscription:
        """Forward `track` from now on; an earlier subscription to it ends first.

        Raises KeyError when the track has ended, or this side is closed.
        """
        if track.ended or self.closed:
            raise KeyError(track.id)
        self.unsubscribe(track)
        one = Subscription(track, spec, self._sink)
        self._subscriptions[track.id] = one
        self._by_ssrc[spec.ssrc] = one
        self._retransmitters[spec.ssrc] = Retransmitter(one, self._counters)
        track.subscriptions.append(one)
        if track.kind == "audio":
            one.wanted = 0
        self._plan_due = 0.0
        return one

    def unsubscribe(self, track: Track) -> None:
        """Stop forwarding; unknown tracks are ignored."""
        one = self._subscriptions.get(track.id)
        if one is None or one.track is not track:
            return
        del self._subscriptions[track.id]
        del self._by_ssrc[one.ssrc]
        del self._retransmitters[one.ssrc]
        self._told.discard(track.id)
        one.leave()
        track.subscriptions.remove(one)
        self._plan_due = 0.0

    def view(self, sizes: Mapping[str, tuple[int, int]]) -> None:
        """Device pixels at which each track is shown; absent or (0, 0) = not visible.

        A track subscribed after the last call counts as small until the next one.
        """
        self._sizes = {
            name: (min(width, _MAX_SIZE), min(height, _MAX_SIZE))
            for name, (width, height) in islice(sizes.items(), _MAX_TRACKS)
        }
        self._told = set(self._subscriptions)
        self._plan_due = 0.0

    def keyframe(self, track_id: str) -> None:
        """This subscriber cannot decode a track: ask for a key frame (throttled)."""
        one = self._subscriptions.get(track_id)
        if one is not None:
            _want_keyframe(one)

    def close(self) -> None:
        """End all subscriptions. Idempotent."""
        for one in tuple(self._subscriptions.values()):
            self.unsubscribe(one.track)
        if not self.closed:
            self.closed = True
            self._forget(self)

    # --- feedback -------------------------------------------------------------------------------

    def on_rtcp(self, data: bytes, arrival: float) -> None:
        """One decrypted compound RTCP packet from the subscriber. Never raises."""
        self._heard = arrival
        for part in rtcp.split(data):
            if part.kind == rtcp.RR or part.kind == rtcp.SR:
                self._take_reports(rtcp.parse_report_blocks(data, part), arrival)
            elif part.kind == rtcp.TRANSPORT_FEEDBACK and part.subtype == feedback.NACK:
                self._take_nack(data, part, arrival)
            elif part.kind == rtcp.PAYLOAD_FEEDBACK:
                self._take_payload_feedback(data, part, arrival)

    def _take_reports(self, report: rtcp.ReceiverReport | None, now: float) -> None:
        lost, seen = 0.0, 0
        for block in report.blocks if report else ():
            one = self._by_ssrc.get(block.ssrc)
            if one is None:
                continue
            trip = one.round_trip(block, now)
            if trip is not None:
                self.round_trip += _GAIN * (min(trip, 5.0) - self.round_trip)
            lost += block.fraction_lost / 256.0
            seen += 1
        if seen:
            self._loss += 0.3 * (lost / seen - self._loss)
            self._estimator.on_loss(lost / seen, now)

    def _take_nack(self, data: bytes, part: rtcp.Part, now: float) -> None:
        ssrc = feedback.media_ssrc(data, part)
        retransmitter = self._retransmitters.get(ssrc) if ssrc is not None else None
        if retransmitter is None:
            return
        self._counters.nacks_received += 1
        self._budget.refill(self._estimator.bitrate, now)
        retransmitter.answer(feedback.parse_nack(data, part), self._budget, self.round_trip, now)

    def _take_payload_feedback(self, data: bytes, part: rtcp.Part, now: float) -> None:
        if part.subtype == feedback.PLI:
            self._want_all((feedback.media_ssrc(data, part),))
        elif part.subtype == feedback.FIR:
            self._want_all(feedback.parse_fir(data, part))
        elif part.subtype == feedback.REMB:
            estimate = feedback.parse_remb(data, part)
            if estimate is not None:
                self._estimator.on_remb(estimate.bitrate, now)

    def _want_all(self, ssrcs: Iterable[int | None]) -> None:
        for ssrc in ssrcs:
            one = self._by_ssrc.get(ssrc) if ssrc is not None else None
            if one is not None:
                _want_keyframe(one)

    # --- the plan -------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Plan layers when something changed, and four times a second in any case."""
        if now < self._plan_due:
            return
        self._plan_due = now + _PLAN_EVERY
        self._estimator.tick(self._measure(now), now)
        self._plan(now)

    def _measure(self, now: float) -> float:
        """The rate being sent, in bit/s; smoothed over about half a second."""
        then, before = self._sent
        octets = sum(one.sent()[1] for one in self._subscriptions.values())
        if now - then < 2 * _PLAN_EVERY:
            return self._rate
        self._sent = (now, octets)
        self._rate = max(0.0, 8.0 * (octets - before) / (now - then))
        return self._rate

    def _plan(self, now: float) -> None:
        asks: list[Ask] = []
        voices = 0
        for one in self._subscriptions.values():
            if one.track.kind == "audio":
                voices += one.stream is not None
                one.track.steer(one, now)
                continue
            name = one.track.id
            width, height = self._sizes.get(name, (0, 0) if name in self._told else _UNSEEN)
            if width > 0 and height > 0:
                asks.append(_ask(one, width, height))
        budget = self._estimator.bitrate * (1 - _REPAIR_SHARE) - voices * _VOICE_RATE
        choices = allocate(asks, budget, strict=self._estimator.congested(now))
        for name, one in self._subscriptions.items():
            if one.track.kind == "video":
                choice = choices.get(name, NOTHING)
                one.wanted = choice.layer
                one.aim_tid(choice.tid)
                one.track.steer(one, now)
        self._share = _share(asks, choices)

    def link(self, now: float) -> Link:
        """How this direction does, for the quality hint."""
        if self._heard is None or not self._rate:
            self._heard = now  # nothing is sent, so nothing need be said
        return Link(self._loss, self.round_trip, self._share, now - self._heard)


def _want_keyframe(one: Subscription) -> None:
    stream = one.goal
    if isinstance(stream, VideoStream):
        stream.keyframes.want()


def _ask(one: Subscription, width: int, height: int) -> Ask:
    track = one.track
    count = len(track.rids())
    layers = []
    for layer in range(count):
        stream = track.streams.get(layer)
        guess = nominal(layer, count)
        if isinstance(stream, VideoStream) and stream.rate:
            size = stream.size or (guess.width, guess.height)
            layers.append(Layer(stream.rate, *size, stream.last_picture()[1] >= 0))
        else:
            layers.append(guess)
    return Ask(track.id, width, height, track.source == "screen", layers, one.wanted)


def _share(asks: list[Ask], choices: Mapping[str, Choice]) -> float:
    """Which part of the bit rate that the sizes ask for is being sent."""
    asked = sum(ask.layers[fitting_layer(ask)].rate for ask in asks)
    given = sum(ask.layers[choices[ask.key].layer].rate for ask in asks if choices[ask.key].layer >= 0)
    return given / asked if asked else 1.0
