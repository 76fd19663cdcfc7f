"""Which layer of which video a subscriber gets: by the size at which it is shown, and by the budget.

Pure functions over values; `Downlink` gathers them and follows the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from onmeet.rtp.vp8 import HIGHEST_TID

__all__ = ["NOTHING", "Ask", "Choice", "Layer", "allocate", "fitting_layer", "nominal"]

# what a camera sends per layer before anything was measured: q, h, f of 1280 × 720
_NOMINAL_RATES = (150_000.0, 500_000.0, 1_500_000.0)
_NOMINAL_SIZES = ((320, 180), (640, 360), (1280, 720))
_STRETCH = 1.25  # a picture may be enlarged this much before the next layer is worth its bits
_STRETCH_DOWN = 1.1  # and must fit this well before a smaller layer replaces it
_MARGIN = 1.15  # an upgrade must fit with this much to spare
_BASE_SHARE = (0.45, 0.7, 1.0)  # of a layer's rate, up to each temporal layer


class Layer(NamedTuple):
    """One simulcast layer as far as it is known."""

    rate: float  # bit/s
    width: int
    height: int
    temporal: bool  # its frames say their temporal layer, so it can be thinned


class Ask(NamedTuple):
    """One video track that is shown."""

    key: str
    width: int
    height: int
    screen: bool
    layers: Sequence[Layer]  # lowest first
    present: int  # the layer chosen last time, −1 = none


class Choice(NamedTuple):
    """A layer, and the highest temporal layer of it; layer −1 = nothing."""

    layer: int
    tid: int


NOTHING = Choice(-1, HIGHEST_TID)


def nominal(layer: int, count: int) -> Layer:
    """What to expect of a layer that has not been seen."""
    place = min(layer if count >= 3 else layer + 3 - count, 2)
    return Layer(_NOMINAL_RATES[place], *_NOMINAL_SIZES[place], False)


def fitting_layer(ask: Ask) -> int:
    """The smallest layer that looks right at the size shown; sticks to the present one when unsure."""
    for place, layer in enumerate(ask.layers):
        stretch = _STRETCH_DOWN if place < ask.present else _STRETCH
        # a picture is shown whole: the tighter side decides how large it appears
        if min(ask.width / max(1, layer.width), ask.height / max(1, layer.height)) <= stretch:
            return place
    return len(ask.layers) - 1


def allocate(asks: Sequence[Ask], budget: float, *, strict: bool) -> dict[str, Choice]:
    """A choice for every ask, within `budget` bit/s.

    Everybody gets the lowest layer before anybody gets more; screens come first, then larger pictures;
    a layer above the present one must fit with a margin.

    strict: when not even the lowest layers fit, frame rates are lowered, then the last in order get
    nothing; the first always gets something. Else the lowest layers are given even so: the budget is a
    guess that nothing contradicts.
    """
    order = sorted(asks, key=lambda ask: (not ask.screen, -ask.width * ask.height, ask.key))
    chosen: dict[str, Choice] = {}
    left = budget
    for ask in order:
        if strict:
            chosen[ask.key], left = _lowest(ask, left)
            if chosen[order[0].key] == NOTHING:
                chosen[ask.key] = Choice(0, 0)  # without any picture the path would never be tried again
        else:
            chosen[ask.key], left = Choice(0, HIGHEST_TID), left - ask.layers[0].rate
    for ask in order:
        best = fitting_layer(ask)
        choice = chosen[ask.key]
        if choice != Choice(0, HIGHEST_TID):
            continue
        cost = ask.layers[0].rate
        for layer in range(best, 0, -1):
            rate = ask.layers[layer].rate
            margin = _MARGIN if layer > ask.present else 1.0
            if rate * margin <= left + cost:
                left -= rate - cost
                chosen[ask.key] = Choice(layer, HIGHEST_TID)
                break
    return chosen


def _lowest(ask: Ask, left: float) -> tuple[Choice, float]:
    """The lowest layer, thinned as far as needed, and what remains of the budget."""
    layer = ask.layers[0]
    margin = _MARGIN if ask.present < 0 else 1.0
    if layer.rate * margin <= left:
        return Choice(0, HIGHEST_TID), left - layer.rate
    if layer.temporal:
        for tid in (1, 0):
            cost = layer.rate * _BASE_SHARE[tid]
            if cost <= left:
                return Choice(0, tid), left - cost
    return NOTHING, left
