"""One window of a browser, the same for every engine; page objects are written against this.

A person acts through `click`, `type`, `press`; what the person perceives comes back from
`evaluate`, mostly through the instruments of `instruments.js`.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tests.waiting import until

T = TypeVar("T")

WAIT_SECONDS = 30.0
"""How long a page may take to show something: usually a tenth of a second, but not on a busy machine."""

INSTRUMENTS = (Path(__file__).parent / "instruments.js").read_text(encoding="utf-8")

_EVALUATE = """async (text) => {{
  await window.probe?.settled();
  const answer = await ({function})(...JSON.parse(text));
  return JSON.stringify(answer ?? null);
}}"""


class PageLeftError(Exception):
    """The page went away, for another one, while it was being asked."""


def by_testid(name: str) -> str:
    """The selector of the element that the product marks with `data-testid`."""
    return f'[data-testid="{name}"]'


class Window(ABC):
    """What a test may do with a window, and what it may ask it."""

    engine: str

    def __init__(self) -> None:
        self.problems: list[str] = []
        """Console errors and uncaught exceptions seen so far."""
        self.forgiven: list[str] = []
        """Parts of messages that the test itself provokes, such as a connection that it cuts."""

    # primitives, an engine each

    @abstractmethod
    def open(self, url: str) -> None:
        """Go to `url` and wait until the page has loaded."""

    @abstractmethod
    def reload(self) -> None:
        """Reload the page, as F5 does."""

    @abstractmethod
    def close(self) -> None:
        """Close the window and forget its cookies and stores."""

    @abstractmethod
    def call(self, function: str, text: str) -> str:
        """Call a JavaScript function (its source) with one string; it resolves to a string.

        Raises PageLeftError when the page went away meanwhile.
        """

    @abstractmethod
    def click_at(self, x: float, y: float) -> None:
        """Press and release the main mouse button there."""

    @abstractmethod
    def key_down(self, key: str) -> None:
        """Hold a key: a character, or Enter, Tab, Escape, Space, Shift, Arrow…"""

    @abstractmethod
    def key_up(self, key: str) -> None:
        """Let a key go."""

    @abstractmethod
    def type(self, text: str) -> None:
        """Type into whatever has the focus."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Set the size of the page's area in CSS pixels."""

    @abstractmethod
    def screenshot(self, path: Path) -> None:
        """Write a PNG of what is on the screen."""

    @abstractmethod
    def pause(self, seconds: float) -> None:
        """Let the browser's events arrive for that long."""

    # what is built on them

    def evaluate(self, function: str, *args: Any) -> Any:
        """Call a JavaScript function (its source) with JSON arguments; its answer is JSON, too.

        A page is asked once it has loaded, with its scripts. When it is about to be left, or is left while it
        answers, the page that comes in its place is asked.
        """
        source, text = _EVALUATE.format(function=function), json.dumps(args)
        for _ in range(20):
            try:
                return json.loads(self.call(source, text))
            except PageLeftError:
                self.pause(0.05)
        raise PageLeftError

    @property
    def url(self) -> str:
        """Where the window is now, fragment included."""
        return str(self.evaluate("() => location.href"))

    def until(self, function: str, *args: Any, what: str, within: float = WAIT_SECONDS) -> Any:
        """Evaluate until the answer is true; `what` completes "waited 30 s for …"."""
        return self.wait(lambda: self.evaluate(function, *args), what, within=within)

    def wait(self, check: Callable[[], T], what: str, *, within: float = WAIT_SECONDS) -> T:
        """Ask until the answer is true; an AssertionError says where the window is and what it reported."""
        try:
            return until(check, what, within=within, pause=self.pause)
        except AssertionError as error:
            raise AssertionError(f"{error}; at {self.url.partition('#')[0]}; {self.problems}") from None

    def shows(self, selector: str) -> bool:
        """Whether an element like that is visible now."""
        return bool(self.evaluate("(s) => { const e = probe.one(s); return e && probe.shown(e); }", selector))

    def until_shown(self, selector: str, *, within: float = WAIT_SECONDS) -> None:
        """Wait until an element like that is visible."""
        self.wait(lambda: self.shows(selector), f"{selector} to show", within=within)

    def until_gone(self, selector: str, *, within: float = WAIT_SECONDS) -> None:
        """Wait until no element like that is visible."""
        self.wait(lambda: not self.shows(selector), f"{selector} to go", within=within)

    def text(self, selector: str = "body") -> str:
        """The visible text of the first element like that, "" when there is none."""
        return str(self.evaluate("(s) => probe.one(s)?.innerText ?? ''", selector))

    def until_text(self, text: str, selector: str = "body", *, within: float = WAIT_SECONDS) -> None:
        """Wait until the element's visible text contains `text`."""
        self.wait(lambda: text in self.text(selector), f"{text!r} in {selector}", within=within)

    def attribute(self, selector: str, name: str) -> str | None:
        """An attribute of the first element like that."""
        answer = self.evaluate("(s, n) => probe.one(s)?.getAttribute(n)", selector, name)
        return None if answer is None else str(answer)

    def click(self, selector: str, *, within: float = WAIT_SECONDS) -> None:
        """Click the middle of an element as soon as a pointer can reach it and it stands still.

        Should it move just then, the press reaches nobody, and the pointer goes after it.
        """
        before: dict[str, Any] = {}
        spot: dict[str, Any] = {}

        def settled() -> bool:
            nonlocal before, spot
            before, spot = spot, self.evaluate("(s) => probe.target(s)", selector)
            return "x" in spot and spot == before

        def clicked() -> bool:
            if not settled():
                return False
            self.evaluate("(s) => probe.aimAt(s)", selector)
            self.click_at(spot["x"], spot["y"])
            return bool(self.evaluate("() => probe.landed()"))

        try:
            self.wait(clicked, f"{selector} to be clickable", within=within)
        except AssertionError as error:
            raise AssertionError(f"{error}; {spot.get('problem')}") from None

    def fill(self, selector: str, text: str) -> None:
        """Click into a field, replace what it holds by `text`, key by key."""
        self.click(selector)
        self.evaluate("(s) => probe.one(s).select?.()", selector)
        self.type(text)

    def press(self, key: str) -> None:
        """Press and release one key."""
        self.key_down(key)
        self.key_up(key)

    def focused(self) -> dict[str, Any]:
        """Tag, test id, role and name of the element that has the focus."""
        answer: dict[str, Any] = self.evaluate(
            """() => { const e = probe.activeElement(); return e && {
                tag: e.localName, testid: e.dataset?.testid ?? null,
                role: e.getAttribute('role'), text: (e.innerText ?? '').trim(),
                label: e.getAttribute('aria-label') }; }"""
        )
        return answer or {}

    def take_problems(self) -> list[str]:
        """Everything that went wrong so far, and start a new list."""
        violations = self.evaluate("() => window.probe?.violations.splice(0) ?? []")
        taken = [*self.problems, *violations]
        self.problems.clear()
        return [each for each in taken if not any(part in each for part in self.forgiven)]
