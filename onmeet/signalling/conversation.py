"""What each message of a participant does: one handler, one type, found by `HANDLERS`.

A handler raises ProtocolError with an error code of PROTOCOL.md; the room answers with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from onmeet.errors import ProtocolError
from onmeet.relay.interface import track_id
from onmeet.signalling import closing, news
from onmeet.signalling import messages as m
from onmeet.signalling.participant import Browser, Participant, Phone

if TYPE_CHECKING:
    from onmeet.signalling.room import Room

__all__ = ["HANDLERS"]

Handler = Callable[["Room", Browser, Any], None]


def _offer(_room: Room, who: Browser, message: m.UpOffer) -> None:
    if message.gen <= who.up_gen:
        raise ProtocolError("bad-gen")
    if len(set(message.sources.values())) < len(message.sources):
        raise ProtocolError("too-many-tracks", "one track of each source")
    who.up_gen = message.gen
    sdp = who.publisher.offer(message.sdp, message.sources)
    who.channel.tell(news.UpAnswer(message.gen, sdp))


def _answer(_room: Room, who: Browser, message: m.Answer) -> None:
    _tell_offer(who, who.negotiation.answer(message.gen, message.sdp))


def _restart(_room: Room, who: Browser, _message: m.Restart) -> None:
    _tell_offer(who, who.negotiation.wish(restart=True))


def _tell_offer(who: Browser, offer: news.DownOffer | None) -> None:
    if offer is not None:
        who.channel.tell(offer)


def _view(_room: Room, who: Browser, message: m.View) -> None:
    who.subscriber.view(message.sizes)


def _state(room: Room, who: Browser, message: m.State) -> None:
    muted = message.muted if message.muted is not None and set(message.muted) != set(who.muted) else None
    hand = message.hand if message.hand is not None and message.hand != who.hand else None
    if muted is not None:
        who.mute(muted)
    if hand is not None:
        who.hand = hand
    if muted is not None or hand is not None:
        room.broadcast(news.Changed(who.index, muted=muted, hand=hand))


def _name(room: Room, who: Browser, message: m.Name) -> None:
    if message.name != who.name:
        who.name = message.name
        room.broadcast(news.Changed(who.index, name=message.name))


def _keyframe(room: Room, who: Browser, message: m.Keyframe) -> None:
    index = int(message.track.partition(":")[0])
    publisher = room.participants.get(index)
    known = publisher is not None and message.track in (track_id(index, s) for s in publisher.tracks)
    if not known or publisher is who:
        raise ProtocolError("no-such-track")
    who.subscriber.keyframe(message.track)


def _key(room: Room, who: Browser, message: m.Key) -> None:
    room.keys.add(who.index, message.body)
    said = news.RelayKey(who.index, message.body)
    room.broadcast(said)
    room.telephone.key(said)


def _data(room: Room, who: Browser, message: m.Data) -> None:
    sealed = news.RelayData(who.index, message.payload, message.to)
    if message.to is None:
        room.broadcast(sealed, but=who)
    else:
        _browser(room, message.to).channel.tell(sealed)


def _kick(room: Room, who: Browser, message: m.Kick) -> None:
    _require_host(who)
    if message.index == who.index:
        raise ProtocolError("not-now", "leave instead")
    phone = _other(room, message.index)
    if isinstance(phone, Phone):
        room.telephone.kick(phone)
        return
    kicked = _browser(room, message.index)
    room.barred.add(kicked.browser)
    room.remove(kicked, "kicked", closing.REMOVED)


def _mute(room: Room, who: Browser, message: m.Mute) -> None:
    _require_host(who)
    target = _other(room, message.index)
    if message.source not in target.tracks:
        raise ProtocolError("no-such-track")
    if message.source in target.muted:
        return
    target.mute((*target.muted, message.source))
    if isinstance(target, Phone):
        room.telephone.silenced(target)
    else:
        _browser(room, message.index).channel.tell(news.Muted(who.index, message.source))
    room.broadcast(news.Changed(target.index, muted=target.muted))


def _admit(room: Room, who: Browser, message: m.Admit) -> None:
    _require_host(who)
    room.telephone.admit(message)


def _reject(room: Room, who: Browser, message: m.Reject) -> None:
    _require_host(who)
    room.telephone.reject(message)


def _hold(room: Room, who: Browser, message: m.Hold) -> None:
    _require_host(who)
    room.telephone.hold(message)


def _rename(room: Room, who: Browser, message: m.Rename) -> None:
    _require_host(who)
    room.telephone.rename(message)


def _lobby(room: Room, who: Browser, message: m.Lobby) -> None:
    _require_host(who)
    room.lobby.switch(message.on)


def _let_in(room: Room, who: Browser, message: m.LetIn) -> None:
    _require_host(who)
    room.lobby.let_in(message.guests)


def _turn_away(room: Room, who: Browser, message: m.TurnAway) -> None:
    _require_host(who)
    room.lobby.turn_away(message.guest)


def _lock(room: Room, who: Browser, message: m.Lock) -> None:
    _require_host(who)
    if message.locked != room.locked:
        room.locked = message.locked
        room.broadcast(news.Locked(message.locked))


def _end(room: Room, who: Browser, _message: m.End) -> None:
    _require_host(who)
    room.shut(closing.ENDED)


def _leave(room: Room, who: Browser, _message: m.Leave) -> None:
    room.remove(who, "left", closing.LEFT)


def _require_host(who: Browser) -> None:
    if who.role != "host":
        raise ProtocolError("not-host")


def _other(room: Room, index: int) -> Participant:
    try:
        return room.participants[index]
    except KeyError:
        raise ProtocolError("no-such-participant") from None


def _browser(room: Room, index: int) -> Browser:
    """A participant to whom messages can be sent."""
    try:
        return room.browsers[index]
    except KeyError:
        raise ProtocolError("no-such-participant") from None


HANDLERS: dict[type[m.ClientMessage], Handler] = {
    m.UpOffer: _offer,
    m.Answer: _answer,
    m.Restart: _restart,
    m.View: _view,
    m.State: _state,
    m.Name: _name,
    m.Keyframe: _keyframe,
    m.Key: _key,
    m.Data: _data,
    m.Kick: _kick,
    m.Mute: _mute,
    m.Admit: _admit,
    m.Reject: _reject,
    m.Hold: _hold,
    m.Rename: _rename,
    m.Lobby: _lobby,
    m.LetIn: _let_in,
    m.TurnAway: _turn_away,
    m.Lock: _lock,
    m.End: _end,
    m.Leave: _leave,
}
"""Everything but `join` and `resume` (the door's) and `ping` and `pong` (the session's)."""
