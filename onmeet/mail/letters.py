"""The kinds of mail that this software writes, and what data each uses: there are no others."""

from __future__ import annotations

from dataclasses import dataclass

from onmeet.notices.policy import Policy

__all__ = ["CONSENT", "LETTERS", "Letter", "permitted"]

CONSENT = "newsletter"
"""The consent that a newsletter needs."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One kind of mail.

    uses: categories of data without which it cannot be written; a notice that does not list one of them
    does not permit the mail. purpose: for which the notice must let the last of them be used. voluntary: sent
    with consent only, and every one of them says how to leave.
    """

    kind: str
    uses: tuple[str, ...]
    voluntary: bool = False
    purpose: str = ""


LETTERS: dict[str, Letter] = {
    letter.kind: letter
    for letter in (
        Letter("notice-changed", ("account.email",)),
        Letter("notice-withdrawn", ("account.email",)),
        Letter("inactivity-warning", ("account.email", "account.times")),
        Letter("account-closed", ("account.email",)),
        Letter("email-proof", ("account.email",)),
        Letter("confirm-address", ("account.email",)),
        Letter("address-taken", ("account.email",)),
        Letter("password-reset", ("account.email", "account.password")),
        Letter("address-change-new", ("account.email",)),
        Letter("address-change-old", ("account.email",)),
        Letter("new-sign-in", ("account.email",)),
        Letter("security-changed", ("account.email", "account.password")),
        Letter("payment-failed", ("account.email", "billing.state")),
        Letter("trial-ending", ("account.email", "billing.state")),
        Letter("request-verify", ("request.subject",), purpose="RightsFulfilment"),
        Letter("request-answered", ("request.subject",), purpose="RightsFulfilment"),
        Letter("newsletter", ("account.email", "newsletter.address"), voluntary=True),
    )
}


def permitted(letter: Letter, policy: Policy) -> bool:
    """Whether a notice lets this kind of mail be written: all that it uses, and what for.

    A voluntary one needs a consent for the very purpose for which the address may be used.
    """
    items = [policy.item(category) for category in letter.uses]
    if any(item is None for item in items):
        return False
    purpose = next((item.purpose for item in reversed(items) if item is not None), "")
    if letter.voluntary:
        asked = {consent.purpose for consent in policy.notice.consents if consent.name == CONSENT}
        return purpose in asked
    return letter.purpose in ("", purpose)
