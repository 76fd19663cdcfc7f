"""A browser that asks as if for the first time, each time."""

from __future__ import annotations

import itertools

from werkzeug.test import TestResponse

from onmeet.web.cookies import SESSION
from tests.factories.house import Visitor

__all__ = ["Somebody"]

_ADDRESSES = itertools.count(1)


class Somebody:
    """A browser that asks as if for the first time, each time: cookies stay as they are now.

    Each request comes from an address of its own, so that no limit of requests is met.
    """

    def __init__(self, name: str, visitor: Visitor, account: int = 0) -> None:
        self.name = name
        self.visitor = visitor
        self.account = account
        self._token = visitor.token()
        cookie = visitor.client.get_cookie(SESSION)
        assert cookie is not None
        self._cookie = cookie.value

    def ask(
        self,
        method: str,
        path: str,
        fields: dict[str, str] | None = None,
        *,
        headers: dict[str, str] | None = None,
        token: str | None = None,
    ) -> TestResponse:
        """A request with the token of a page of ours, or another `token`; none when it is empty."""
        host = (headers or {}).get("Host", "localhost").partition(":")[0]
        self.visitor.client.set_cookie(SESSION, self._cookie, domain=host)
        data = dict(fields or {})
        given = self._token if token is None else token
        if method not in ("GET", "HEAD") and given:
            data["csrf_token"] = given
        number = next(_ADDRESSES)
        return self.visitor.client.open(
            path,
            method=method,
            data=data or None,
            headers=headers,
            environ_base={"REMOTE_ADDR": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"},
        )
