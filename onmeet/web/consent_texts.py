"""The exact sentence by which somebody agrees, in the language of the page: kept as it was shown."""

from __future__ import annotations

from flask_babel import gettext

from onmeet.notices import wording
from onmeet.notices.notice import Consent
from onmeet.web.language import language
from onmeet.web.services import services

__all__ = ["before_account", "sentence", "title", "what_for"]


def title(consent: Consent) -> str:
    """What the consent is called: `Newsletter`."""
    return _words(consent)[0]


def what_for(consent: Consent) -> str:
    """What is done with it: `to send you news by e-mail`."""
    return _words(consent)[1]


def sentence(consent: Consent) -> str:
    """What stands beside the box to tick, or on the button's line."""
    return str(
        gettext(
            "I agree – %(title)s: %(what)s. I can take this back at any time.",
            title=title(consent),
            what=what_for(consent),
        )
    )


def before_account() -> list[tuple[str, str]]:
    """What the data of an account rests on, where that is consent (N2.2): name and sentence."""
    policy = services().policy
    item = policy.item("account.email")
    if item is None or item.legal_basis != "Consent" or not policy.stores("consent.record"):
        return []
    consents = (each for each in policy.notice.consents if each.before == "registration" and each.recorded)
    return [(consent.name, sentence(consent)) for consent in consents]


def _words(consent: Consent) -> tuple[str, str]:
    known = wording.consent(consent.name, language())
    return known or (consent.name, wording.purpose(consent.purpose, language()))
