"""Passkeys (W3C Web Authentication, Level 3): made, used to sign in, named, removed.

Only discoverable passkeys that verify their user (by a finger, a face, a PIN) are taken, so that one of them
is as good as a password and a second factor together, and needs no e-mail address beforehand. No attestation
is asked for: which make of device somebody owns is nobody's business.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from onmeet.accounts.challenges import Challenges, StaleChallenge
from onmeet.accounts.models import Account, Passkey
from onmeet.db import Database
from onmeet.notices.marks import mark

__all__ = ["MOST", "PasskeyLine", "PasskeyRefused", "Passkeys", "RelyingParty"]

MOST = 20
"""Passkeys that an account may have."""

_MAX_BYTES = 16_384  # of a browser's answer


class PasskeyRefused(Exception):
    """What the browser sent is no passkey that opens anything here. Why is not said."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """This site as browsers know it. host: the relying party's id; origin: scheme, host, port."""

    host: str
    origin: str
    name: str = "OnMeet"


@dataclass(frozen=True, slots=True)
class PasskeyLine:
    """A passkey in its owner's list."""

    id: int
    label: str


class Passkeys:
    """The service; thread-safe. `key` makes the marks by which passkeys are found (`Config.marks_key`)."""

    def __init__(self, database: Database, *, key: bytes, wall_clock: Callable[[], float]) -> None:
        self._database = database
        self._key = key
        self._challenges = Challenges(key, wall_clock)

    def creation_options(self, account_id: int, site: RelyingParty, session: str) -> str:
        """PublicKeyCredentialCreationOptions as JSON (§5.4). Raises LookupError when the account has gone.

        session: an opaque name of the browser's session; only there the answer is worth something.
        """
        import webauthn  # 10 MB, for those who use passkeys
        from webauthn.helpers import structs

        with self._database.reading() as reading:
            account = reading.get(Account, account_id)
            known = list(reading.scalars(select(Passkey).where(Passkey.account_id == account_id)))
        if account is None:
            raise LookupError("this account has gone")
        options = webauthn.generate_registration_options(
            rp_id=site.host,
            rp_name=site.name,
            user_id=self._handle(account_id),
            user_name=account.email or "",
            user_display_name=account.name or account.email or "",
            challenge=self._challenges.new(f"new passkey {account_id} {session}"),
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                structs.PublicKeyCredentialDescriptor(id=_bytes(each.credential))
                for each in known
                if each.credential
            ],
        )
        return str(webauthn.options_to_json(options))

    def add(self, account_id: int, site: RelyingParty, session: str, answer: str, label: str) -> None:
        """Keep the passkey that a browser made (§7.1). Raises `PasskeyRefused`."""
        import webauthn
        from webauthn.helpers.exceptions import WebAuthnException

        credential = _parsed(answer)
        challenge = self._answered(credential, f"new passkey {account_id} {session}")
        try:
            made = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise PasskeyRefused from None
        passkey = Passkey(
            account_id=account_id,
            mark=self._mark(made.credential_id),
            credential=_text(made.credential_id),
            public_key=_text(made.credential_public_key),
            label=label.strip() or None,
            uses=made.sign_count,
        )
        counting = select(func.count(Passkey.id)).where(Passkey.account_id == account_id)
        try:
            with self._database.writing() as writing:
                if (writing.scalar(counting) or 0) >= MOST:
                    raise PasskeyRefused
                writing.add(passkey)
        except IntegrityError:
            raise PasskeyRefused from None  # that passkey is known, here or to somebody else

    def request_options(self, site: RelyingParty, session: str) -> str:
        """PublicKeyCredentialRequestOptions as JSON (§5.5): any passkey of this site will do.

        No list of allowed ones: it would tell which accounts exist.
        """
        import webauthn
        from webauthn.helpers.structs import UserVerificationRequirement

        options = webauthn.generate_authentication_options(
            rp_id=site.host,
            challenge=self._challenges.new(f"passkey {session}"),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return str(webauthn.options_to_json(options))

    def owner(self, site: RelyingParty, session: str, answer: str) -> int:
        """The open account whose passkey signed the challenge (§7.2). Raises `PasskeyRefused`."""
        import webauthn
        from webauthn.helpers.exceptions import WebAuthnException

        credential = _parsed(answer)
        challenge = self._answered(credential, f"passkey {session}")
        passkey = self._known(credential)
        try:
            used = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=_bytes(passkey.public_key),
                credential_current_sign_count=passkey.uses,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise PasskeyRefused from None
        with self._database.writing() as writing:
            kept = writing.get(Passkey, passkey.id)
            if kept is None:
                raise PasskeyRefused
            kept.uses = used.new_sign_count
        return passkey.account_id

    def of(self, account_id: int) -> list[PasskeyLine]:
        """The passkeys of an account, the oldest first."""
        query = select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.id)
        with self._database.reading() as reading:
            return [PasskeyLine(each.id, each.label or "") for each in reading.scalars(query)]

    def rename(self, account_id: int, number: int, label: str) -> bool:
        """Give one another name; False when the account has no such passkey."""
        query = select(Passkey).where(Passkey.account_id == account_id, Passkey.id == number)
        with self._database.writing() as writing:
            passkey = writing.scalar(query)
            if passkey is None:
                return False
            passkey.label = label.strip() or None
        return True

    def remove(self, account_id: int, number: int) -> bool:
        """Forget one; False when the account has no such passkey."""
        gone = delete(Passkey).where(Passkey.account_id == account_id, Passkey.id == number)
        with self._database.writing() as writing:
            removed = writing.execute(gone).rowcount  # type: ignore[attr-defined]
        if removed:
            self._database.erase_traces()
        return bool(removed)

    def _known(self, credential: dict[str, Any]) -> Passkey:
        """The stored half of a passkey, of an account that may sign in."""
        query = (
            select(Passkey)
            .join(Account, Account.id == Passkey.account_id)
            .where(Passkey.mark == self._mark(_given(credential, "rawId")))
            .where(Account.closed_on.is_(None), Account.erasing.is_(False), Account.pending_until.is_(None))
        )
        with self._database.reading() as reading:
            passkey = reading.scalar(query)
        if passkey is None or passkey.public_key is None:
            raise PasskeyRefused
        handle = credential["response"].get("userHandle")
        if handle and _bytes(str(handle)) != self._handle(passkey.account_id):
            raise PasskeyRefused
        return passkey

    def _answered(self, credential: dict[str, Any], purpose: str) -> bytes:
        """The challenge in the signed client data (§5.8.1), which is spent."""
        try:
            client_data = json.loads(_given(credential["response"], "clientDataJSON"))
            challenge = _bytes(str(client_data["challenge"]))
            self._challenges.spend(challenge, purpose)
        except (StaleChallenge, ValueError, KeyError, TypeError, RecursionError):
            raise PasskeyRefused from None
        return challenge

    def _mark(self, credential_id: bytes) -> str:
        return mark(self._key, "passkey", _text(credential_id))

    def _handle(self, account_id: int) -> bytes:
        """The user handle (§5.4.3): the same for all passkeys of an account, and says nothing about it."""
        return bytes.fromhex(mark(self._key, "passkey owner", str(account_id)))


def _parsed(answer: str) -> dict[str, Any]:
    """A credential as the browser's script sends it. Raises `PasskeyRefused`."""
    try:
        credential = json.loads(answer) if len(answer) <= _MAX_BYTES else None
    except (ValueError, RecursionError):
        credential = None
    if not isinstance(credential, dict) or not isinstance(credential.get("response"), dict):
        raise PasskeyRefused
    return credential


def _given(part: dict[str, Any], name: str) -> bytes:
    try:
        return _bytes(str(part[name]))
    except (KeyError, ValueError):
        raise PasskeyRefused from None


def _text(raw: bytes) -> str:
    """base64url without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str | None) -> bytes:
    """What `_text` wrote. Raises ValueError."""
    given = (text or "").encode("ascii")
    return base64.b64decode(given + b"=" * (-len(given) % 4), altchars=b"-_", validate=True)
