"""What is said when somebody could not be identified."""

from __future__ import annotations

from flask import Response, jsonify
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

__all__ = ["demanded", "passkey_refused", "refusal", "written", "wrong_code"]


def wrong_code() -> str:
    """After a code that was not right."""
    return str(gettext("This code is not right, or it was used already."))


def demanded() -> str:
    """To members of a group who have to use its sign-in service."""
    return str(gettext("Your organisation wants its members to sign in with its own service."))


def passkey_refused() -> AnyResponse:
    """After a passkey that opens nothing; as JSON for the page's script."""
    return refusal(gettext("This passkey did not work here. Try again, or sign in another way."))


def refusal(text: str) -> AnyResponse:
    """A sentence for the page's script to show."""
    answer = jsonify(error=text)
    answer.status_code = 422
    return answer


def written(text: str) -> AnyResponse:
    """JSON that a service has written already."""
    return Response(text, mimetype="application/json")
