"""The words on the page after a meeting, by the reason why it was left."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString, lazy_gettext

__all__ = ["FAREWELLS", "Farewell", "farewell"]


@dataclass(frozen=True, slots=True)
class Farewell:
    """`again`: whether going back into the meeting makes sense. `calm`: whether all is as it should be."""

    title: LazyString
    text: LazyString
    again: bool
    calm: bool


FAREWELLS = {
    "left": Farewell(
        lazy_gettext("You left the meeting"),
        lazy_gettext("The keys of this call are gone from your browser. The others may still be talking."),
        again=True,
        calm=True,
    ),
    "ended": Farewell(
        lazy_gettext("The meeting is over"),
        lazy_gettext("The host ended it for everyone. What the server held in memory about it is gone."),
        again=False,
        calm=True,
    ),
    "removed": Farewell(
        lazy_gettext("The host removed you"),
        lazy_gettext("The meeting goes on without you. If this was a mistake, ask the host another way."),
        again=False,
        calm=False,
    ),
    "turned-away": Farewell(
        lazy_gettext("You were not let in"),
        lazy_gettext(
            "A host of this meeting turned you away. If this was a mistake, ask the host another way."
        ),
        again=True,
        calm=False,
    ),
    "gave-up": Farewell(
        lazy_gettext("You stopped waiting"),
        lazy_gettext("You were not in the meeting: nobody there saw or heard you."),
        again=True,
        calm=True,
    ),
    "locked": Farewell(
        lazy_gettext("The door is closed"),
        lazy_gettext("The host locked this meeting. Ask to be let in, then try again."),
        again=True,
        calm=False,
    ),
    "full": Farewell(
        lazy_gettext("The meeting is full"),
        lazy_gettext("There is no free place at the moment. Try again when somebody has left."),
        again=True,
        calm=False,
    ),
    "replaced": Farewell(
        lazy_gettext("The meeting goes on elsewhere"),
        lazy_gettext("You are in this meeting in another tab or on another device."),
        again=True,
        calm=True,
    ),
    "forbidden": Farewell(
        lazy_gettext("You cannot enter this meeting"),
        lazy_gettext("The server did not let you in. Open the link again or ask the host for a new one."),
        again=True,
        calm=False,
    ),
    "offline": Farewell(
        lazy_gettext("The meeting server is resting"),
        lazy_gettext("The part that connects people does not answer. It is usually back in a few seconds."),
        again=True,
        calm=False,
    ),
    "lost": Farewell(
        lazy_gettext("The connection was lost"),
        lazy_gettext("Your network or the server was away for too long. You can go back in."),
        again=True,
        calm=False,
    ),
}


def farewell(why: str) -> Farewell:
    """The words for a reason; an unknown one reads as a plain leaving."""
    return FAREWELLS.get(why, FAREWELLS["left"])
