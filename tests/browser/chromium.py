"""Debian's Chromium by Playwright."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, WebSocket, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.browser.window import INSTRUMENTS, PageLeftError, Window

FLAGS = (
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class ChromiumWindow(Window):
    """A window with cookies and stores of its own."""

    engine = "chromium"

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.wire: list[str | bytes] = []
        """Every WebSocket frame of this window, both ways."""
        self.sockets: list[str] = []
        """The addresses of its WebSockets."""
        page.on("console", self._notice)
        page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        page.on("websocket", self._tap)

    def open(self, url: str) -> None:
        self.page.goto(url, wait_until="load")

    def reload(self) -> None:
        self.page.reload(wait_until="load")

    def close(self) -> None:
        self.page.context.close()

    def call(self, function: str, text: str) -> str:
        try:
            return str(self.page.evaluate(function, text))
        except PlaywrightError as error:
            if "context was destroyed" in error.message:
                self.page.wait_for_load_state("load")
                raise PageLeftError from error
            raise

    def click_at(self, x: float, y: float) -> None:
        self.page.mouse.click(x, y)

    def key_down(self, key: str) -> None:
        self.page.keyboard.down(key)

    def key_up(self, key: str) -> None:
        self.page.keyboard.up(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def resize(self, width: int, height: int) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    def screenshot(self, path: Path) -> None:
        self.page.screenshot(path=path)

    def pause(self, seconds: float) -> None:
        self.page.wait_for_timeout(seconds * 1000)

    def colours(self, scheme: str) -> None:
        """Have the system prefer `light` or `dark`."""
        self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    def _notice(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def _tap(self, socket: WebSocket) -> None:
        self.sockets.append(socket.url)
        socket.on("framesent", self._keep)
        socket.on("framereceived", self._keep)

    def _keep(self, frame: str | bytes) -> None:
        self.wire.append(frame)


class Chromium:
    """One Chromium process; a context manager that leaves nothing behind."""

    name = "chromium"

    def __init__(self, *flags: str, executable: str = "/usr/bin/chromium", fake_device: str = "") -> None:
        device = "--use-fake-device-for-media-stream"
        own = [f"{device}={fake_device}" if f == device and fake_device else f for f in FLAGS]
        self._playwright = sync_playwright().start()
        try:
            self.browser: Browser = self._playwright.chromium.launch(
                executable_path=executable, args=[*own, *flags]
            )
        except BaseException:
            self._playwright.stop()
            raise

    def window(
        self, *, width: int = 1280, height: int = 720, preload: str = "", **context: Any
    ) -> ChromiumWindow:
        """Open a window; `preload` is a JavaScript function that runs before the page's scripts.

        Everything else goes to Playwright's `new_context` (`locale`, `color_scheme`, …).
        """
        context.setdefault("locale", "en-GB")
        made = self.browser.new_context(viewport={"width": width, "height": height}, **context)
        made.add_init_script(f"({INSTRUMENTS})()")
        if preload:
            made.add_init_script(f"({preload})()")
        made.set_default_timeout(60_000)
        return ChromiumWindow(made.new_page())

    def close(self) -> None:
        """End the process."""
        try:
            self.browser.close()
        finally:
            self._playwright.stop()

    def __enter__(self) -> Chromium:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
