"""What the pages about calls are given."""

from __future__ import annotations

from dataclasses import dataclass

from onmeet.accounts.sharing import Audience, Shown
from onmeet.web.calling.forms import CodeForm, HandleForm, ReachForm
from onmeet.web.contexts import Page

__all__ = [
    "AudienceLine",
    "BlockLine",
    "CallsPage",
    "CodeLine",
    "ContactsPage",
    "PersonPage",
    "TakePage",
    "UnreachablePage",
]


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code of one's own. address: the page with it. until: a day in words, or empty."""

    id: int
    address: str
    label: str
    until: str


@dataclass(frozen=True, slots=True)
class AudienceLine:
    """An audience in words, and for each field its name, its label, and whether it is shared."""

    name: Audience
    title: str
    hint: str
    fields: list[tuple[str, str, bool]]


@dataclass(frozen=True, slots=True)
class BlockLine:
    """Somebody who may not call; `name` is empty where they share none."""

    id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class CallsPage(Page):
    """handle: empty without a personal page. address: that of the page. purpose: why it is stored."""

    template = "calling/settings.html"
    handle: str
    address: str
    purpose: str
    handle_form: HandleForm
    reach_form: ReachForm
    code_form: CodeForm
    codes: list[CodeLine]
    audiences: list[AudienceLine]
    blocks: list[BlockLine]


@dataclass(frozen=True, kw_only=True)
class PersonPage(Page):
    """Somebody who can be called. title: their name, or else the handle. name: what the caller shows already;
    empty: the page asks for a name, which guests must give."""

    template = "calling/person.html"
    handle: str
    code: str
    title: str
    shown: Shown
    country: str
    picture: str
    name: str
    guest: bool


@dataclass(frozen=True, kw_only=True)
class TakePage(Page):
    """The tab in which a call is taken beside a meeting."""

    template = "calling/take.html"


@dataclass(frozen=True, kw_only=True)
class UnreachablePage(Page):
    """Nobody can be called here, whatever the reason."""

    template = "calling/unreachable.html"


@dataclass(frozen=True, kw_only=True)
class ContactsPage(Page):
    """The list itself is in the browser. reachable: whether calls exist under the notice in force."""

    template = "calling/contacts.html"
    reachable: bool
