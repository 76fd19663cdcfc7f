"""Deletion receipts: what they are, each of them, and a place to check one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, request, url_for
from flask_babel import format_datetime, gettext, lazy_gettext

from onmeet.errors import UserError
from onmeet.notices import wording
from onmeet.notices.receipts import InstanceKey, Issued, Receipts, check
from onmeet.web.contexts import ReceiptPage, ReceiptsPage
from onmeet.web.language import language
from onmeet.web.limits import limiter
from onmeet.web.seen import ReceiptText, StoreText
from onmeet.web.services import Services

__all__ = ["blueprint", "init_app", "parse"]

blueprint = Blueprint("receipts", __name__)

_KEY = "onmeet.receipts"
_ID = re.compile(r"[0-9a-f]{64}")

_WORDS = {
    "relay memory": lazy_gettext("Memory of the relay"),
    "database": lazy_gettext("Database"),
    "keys of data subjects": lazy_gettext("Keys of persons"),
    "write-ahead log": lazy_gettext("Log of the database"),
    "released": lazy_gettext("released"),
    "deleted": lazy_gettext("deleted"),
    "destroyed": lazy_gettext("destroyed"),
    "emptied": lazy_gettext("emptied"),
    "not emptied yet: a reader was in the way": lazy_gettext("not emptied yet: a reader was in the way"),
    "nothing is due": lazy_gettext("nothing is due yet"),
    "nothing was stored": lazy_gettext("nothing was stored"),
}
"""The keeper's words for stores and what was found there."""


def init_app(app: Flask, behind: Services) -> None:
    """Give `app` the receipts of this instance. Raises ConfigError when its key cannot be read."""
    key = InstanceKey.of(behind.config)
    app.extensions[_KEY] = Receipts(behind.database, key, behind.policy.notice)


@blueprint.get("/privacy/receipts")
def page() -> Response:
    """What a receipt is, the key that signs, and a form to check one."""
    return ReceiptsPage(public_key=_receipts().public_key, pasted="", genuine=None, receipt=None).render()


@blueprint.post("/privacy/receipts")
@limiter.limit("60 per minute")
def verify() -> Response:
    """Check what was pasted. It is looked at and forgotten."""
    pasted = request.form.get("receipt", "")[:20_000]
    body, signature = parse(pasted)
    genuine = check(body, signature, _receipts().public_key)
    receipt = _receipt_text(body, signature) if genuine else None
    return ReceiptsPage(
        public_key=_receipts().public_key, pasted=pasted, genuine=genuine, receipt=receipt
    ).render()


@blueprint.get("/privacy/receipts/key.pem")
def key() -> Response:
    """The instance's public key, for checking a receipt without this server."""
    return Response(_receipts().public_key, mimetype="application/x-pem-file")


@blueprint.get("/privacy/receipts/<receipt_id>")
def one(receipt_id: str) -> Response:
    """A receipt, for people or, when asked for JSON, for the page after a meeting."""
    issued = _receipts().find(receipt_id) if _ID.fullmatch(receipt_id) else None
    as_json = request.accept_mimetypes.best == "application/json"
    if issued is None and as_json:
        return _not_yet()
    if issued is None:
        raise UserError(gettext("There is no receipt under this address: not yet, or no longer."), 404)
    receipt = _receipt_text(issued.body, issued.signature)
    if as_json:
        return jsonify(_for_script(receipt, issued))
    return ReceiptPage(receipt=receipt).render()


@blueprint.get("/privacy/receipts/<receipt_id>/file")
def file(receipt_id: str) -> Response:
    """The receipt as a file to keep: body and signature."""
    issued = _receipts().find(receipt_id) if _ID.fullmatch(receipt_id) else None
    if issued is None:
        abort(404)
    answer = Response(_as_file(issued.body, issued.signature), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="onmeet-receipt-{receipt_id[:12]}.json"'
    return answer


def parse(pasted: str) -> tuple[str, str]:
    """Body and signature of a pasted receipt: the file, or the body and the signature on two lines."""
    try:
        found = json.loads(pasted)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and isinstance(found.get("body"), str):
        return found["body"], str(found.get("signature", ""))
    lines = [line.strip() for line in pasted.splitlines() if line.strip()]
    return (lines[0], lines[-1]) if len(lines) == 2 else (pasted.strip(), "")


def _not_yet() -> Response:
    """For the page after a meeting, which asks until there is one: no error, so no noise in its console."""
    answer = jsonify(None)
    answer.status_code = 202
    return answer


def _receipts() -> Receipts:
    return cast(Receipts, current_app.extensions[_KEY])


def _as_file(body: str, signature: str) -> str:
    return json.dumps({"body": body, "signature": signature}, ensure_ascii=False, indent=2)


def _receipt_text(body: str, signature: str) -> ReceiptText:
    """A receipt in words; only for a body that this instance signed."""
    said: dict[str, Any] = json.loads(body)
    return ReceiptText(
        id=said["id"],
        at=_moment(datetime.fromisoformat(said["at"])),
        notice=f"{said['notice']['name']} {said['notice']['version']}",
        stores=tuple(_store_text(store) for store in said["stores"]),
        kept=tuple((_name(row["category"]), _until(row["until"])) for row in said["kept"]),
        file=_as_file(body, signature),
    )


def _store_text(store: Mapping[str, Any]) -> StoreText:
    counts = store.get("categories", {})
    return StoreText(
        store=_in_words(store["store"]),
        result=_in_words(store["result"]),
        counts=tuple((_name(category), str(count)) for category, count in counts.items()),
    )


def _name(category: str) -> str:
    """A category in words; receipts outlive versions of the vocabulary."""
    try:
        return wording.category(category, language())
    except KeyError:
        return category


def _in_words(text: str) -> str:
    """The keeper's words for a store or a result, translated where they are known."""
    return str(_WORDS.get(text, text))


def _until(moment: str | None) -> str:
    if moment is None:
        return str(gettext("as long as the account lasts"))
    return wording.day(datetime.fromisoformat(moment).date(), language())


def _moment(moment: datetime) -> str:
    return f"{wording.day(moment.date(), language())}, {format_datetime(moment, 'HH:mm', rebase=False)} UTC"


def _for_script(receipt: ReceiptText, issued: Issued) -> dict[str, Any]:
    return {
        "at": receipt.at,
        "stores": [[each.store, each.result] for each in receipt.stores],
        "kept": [list(each) for each in receipt.kept],
        "page": url_for("receipts.one", receipt_id=issued.id),
    }
