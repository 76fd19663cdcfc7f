"""The kinds of mail that this software writes, and what data each uses: there are no others."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LETTERS", "Letter"]


@dataclass(frozen=True, slots=True)
class Letter:
    """One kind of mail.

    uses: categories of data without which it cannot be written; a notice that does not list one of them
    does not permit the mail. voluntary: sent with consent only, and every one of them says how to leave.
    """

    kind: str
    uses: tuple[str, ...]
    voluntary: bool = False


LETTERS: dict[str, Letter] = {
    letter.kind: letter
    for letter in (
        Letter("notice-changed", ("account.email",)),
        Letter("notice-withdrawn", ("account.email",)),
        Letter("inactivity-warning", ("account.email", "account.times")),
        Letter("account-closed", ("account.email",)),
        Letter("request-verify", ("request.subject",)),
        Letter("request-answered", ("request.subject",)),
        Letter("newsletter", ("account.email", "newsletter.address"), voluntary=True),
    )
}
