"""Offers and answers of one call, in their order (RFC 3264, RFC 6337): what was said last, and what holds."""

from __future__ import annotations

from dataclasses import replace

from sip.core import offer_answer, sdp
from sip.core.offer_answer import LocalMedia, NotAcceptable
from sip.core.session_effects import Terms
from sip.interface import Agreement

__all__ = ["Negotiation"]


class Negotiation:
    """Our side of the talk about media. agreement: what holds, None before the first answer."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._local: LocalMedia | None = None
        self._ours: sdp.Session | None = None  # of the last complete exchange, as all further ones go on
        self._theirs: sdp.Session | None = None
        self._offered: sdp.Session | None = None
        self._told: Agreement | None = None
        self.agreement: Agreement | None = None

    @property
    def offered(self) -> bool:
        """Whether an offer of ours waits for its answer."""
        return self._offered is not None

    def place(self, address: str, port: int) -> None:
        """Where our media will be."""
        self._local = self._at(address, port)

    def examine(self, offer: sdp.Session, address: str) -> None:
        """Raises `NotAcceptable` when an offer has nothing for us, before anybody is disturbed."""
        offer_answer.answer(offer, self._at(address, 9))

    def answer(self, offer: sdp.Session) -> bytes:
        """Answer an offer of theirs. Raises `NotAcceptable`; then everything stays as it was."""
        ours, agreement = offer_answer.answer(offer, self._placed())
        self._settle(self._versioned(ours), offer, agreement)
        return self._encoded(self._ours)

    def offer(self) -> bytes:
        """Offer what we want: a first time, or again after an exchange (refresh, or an offer asked of us)."""
        if self._ours is None or self._theirs is None:
            self._offered = self._offered or offer_answer.offer(self._placed())
        else:
            again = offer_answer.reoffer(self._ours, self._theirs, version=self._ours.version)
            self._offered = self._versioned(again)
        return self._encoded(self._offered)

    def accept(self, answer: sdp.Session) -> None:
        """Take their answer to our offer. Raises `NotAcceptable`."""
        if self._offered is None:
            raise NotAcceptable
        offered, self._offered = self._offered, None
        self._settle(offered, answer, offer_answer.accept(offered, answer, self._placed()))

    def withdraw(self) -> None:
        """No answer came to our offer: what held before holds on."""
        self._offered = None

    def news(self) -> Agreement | None:
        """The agreement, when it is another than the one that was given here last."""
        if self.agreement == self._told:
            return None
        self._told = self.agreement
        return self.agreement

    def _at(self, address: str, port: int) -> LocalMedia:
        terms = self._terms
        return LocalMedia(address, port, codecs=terms.codecs, srtp=terms.srtp, sources=terms.sources)

    def _placed(self) -> LocalMedia:
        if self._local is None:
            raise NotAcceptable
        return self._local

    def _settle(self, ours: sdp.Session, theirs: sdp.Session, agreement: Agreement) -> None:
        self._ours, self._theirs, self.agreement = ours, theirs, agreement

    def _versioned(self, session: sdp.Session) -> sdp.Session:
        """With the version of the last one when nothing differs, else with the next (RFC 3264 §8)."""
        if self._ours is None:
            return session
        same = replace(session, version=self._ours.version)
        return same if same == self._ours else replace(session, version=self._ours.version + 1)

    @staticmethod
    def _encoded(session: sdp.Session | None) -> bytes:
        return b"" if session is None else session.encode()
