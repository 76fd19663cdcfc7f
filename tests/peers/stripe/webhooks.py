"""Webhooks on their way: signed; sent at once, or held for a test to delay, double, reorder or lose."""

from __future__ import annotations

import json
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from stripe import WebhookSignature

from tests.peers.stripe.api import shown

__all__ = ["Webhooks"]

Raw = dict[str, Any]
Send = Callable[[bytes, str], int]
"""Takes body and `Stripe-Signature`, gives the HTTP status of the answer."""


class Webhooks:
    """held: events that wait for the test. failed: those that were answered with anything but 2xx."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.held: list[Raw] = []
        self.failed: list[Raw] = []
        self._send: Send | None = None
        self._queue: queue.Queue[Raw | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def to(self, address: str) -> None:
        """Send everything at once to an address, from a thread of its own; first what was held."""
        self._send = lambda body, signature: _post(address, body, signature)
        for event in self._take():
            self._queue.put(event)

    def hold(self) -> None:
        """From now on events wait."""
        self._send = None

    def news(self, event: Raw) -> None:
        """Something happened."""
        if self._send is None:
            self.held.append(event)
        else:
            self._queue.put(event)

    def lose(self) -> int:
        """What is held never arrives; how many."""
        return len(self._take())

    def signed(self, event: Raw, *, age: float = 0.0, secret: str = "") -> tuple[bytes, str]:
        """Body and signature of an event, as if signed `age` seconds ago."""
        body = json.dumps(shown(event))
        signed_at = int(time.time() - age)
        header = WebhookSignature.generate_signature_header(body, secret or self.secret, signed_at)
        return body.encode(), header

    def settle(self) -> None:
        """Wait until everything that was to be sent has been answered."""
        self._queue.join()

    def close(self) -> None:
        """End the thread."""
        self._queue.put(None)
        self._thread.join()

    def _take(self) -> list[Raw]:
        held, self.held = self.held, []
        return held

    def _run(self) -> None:
        while (event := self._queue.get()) is not None:
            send = self._send
            try:
                if send is None or not 200 <= send(*self.signed(event)) < 300:
                    self.failed.append(event)
            finally:
                self._queue.task_done()
        self._queue.task_done()


def _post(address: str, body: bytes, signature: str) -> int:
    headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
