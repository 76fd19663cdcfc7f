"""Stock Firefox ESR over WebDriver BiDi."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.browser.bidi import BiDi, BiDiError, Json
from tests.browser.window import INSTRUMENTS, PageLeftError, Window
from tests.running import end_with_parent
from tests.waiting import until

PREFERENCES: dict[str, bool | int | str] = {
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.gmp-manager.updateEnabled": False,
    "media.gmp-manager.url": "data:text/plain,",
    "app.update.auto": False,
    "app.normandy.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.region.network.url": "",
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "browser.newtabpage.enabled": False,
    "browser.tabs.warnOnClose": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 0,
    "services.settings.server": "data:text/plain,",
    "toolkit.telemetry.enabled": False,
    "remote.active-protocols": 1,
}
"""Fake devices without questions, media over the loopback, nothing called outside."""

KEYS = {
    "Enter": "\ue007",
    "Tab": "\ue004",
    "Escape": "\ue00c",
    "Backspace": "\ue003",
    "Shift": "\ue008",
    "Control": "\ue009",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
    "Space": " ",
}
"""WebDriver §17.4.2, the keys that have no character."""


class FirefoxWindow(Window):
    """A window with cookies and stores of its own."""

    engine = "firefox"

    def __init__(self, bidi: BiDi, user_context: str, context: str) -> None:
        super().__init__()
        self._bidi = bidi
        self._user_context = user_context
        self._context = context
        bidi.on_event(self._notice)

    def open(self, url: str) -> None:
        self._bidi.command("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def reload(self) -> None:
        self._bidi.command("browsingContext.reload", context=self._context, wait="complete")

    def close(self) -> None:
        self._bidi.command("browsingContext.close", context=self._context)
        self._bidi.command("browser.removeUserContext", userContext=self._user_context)

    def call(self, function: str, text: str) -> str:
        try:
            answer = self._bidi.command(
                "script.callFunction",
                functionDeclaration=function,
                arguments=[{"type": "string", "value": text}],
                target={"context": self._context},
                awaitPromise=True,
            )
        except BiDiError as error:
            raise PageLeftError from error
        if answer["type"] == "exception":
            raise AssertionError(answer["exceptionDetails"]["text"])
        return str(answer["result"]["value"])

    def click_at(self, x: float, y: float) -> None:
        self._act(
            {
                "type": "pointer",
                "id": "mouse",
                "actions": [
                    {"type": "pointerMove", "x": round(x), "y": round(y)},
                    {"type": "pointerDown", "button": 0},
                    {"type": "pointerUp", "button": 0},
                ],
            }
        )

    def key_down(self, key: str) -> None:
        self._key("keyDown", key)

    def key_up(self, key: str) -> None:
        self._key("keyUp", key)

    def type(self, text: str) -> None:
        for character in text:
            self.press(character)

    def resize(self, width: int, height: int) -> None:
        self._bidi.command(
            "browsingContext.setViewport",
            context=self._context,
            viewport={"width": width, "height": height},
        )

    def screenshot(self, path: Path) -> None:
        shot = self._bidi.command("browsingContext.captureScreenshot", context=self._context)
        path.write_bytes(base64.b64decode(shot["data"]))

    def pause(self, seconds: float) -> None:
        self._bidi.pump(seconds)

    def _key(self, kind: str, key: str) -> None:
        value = KEYS.get(key, key)
        self._act({"type": "key", "id": "keyboard", "actions": [{"type": kind, "value": value}]})

    def _act(self, source: Json) -> None:
        self._bidi.command("input.performActions", context=self._context, actions=[source])

    def _notice(self, method: str, params: Json) -> None:
        if method != "log.entryAdded" or params["source"].get("context") != self._context:
            return
        if params["level"] == "error":
            self.problems.append(str(params.get("text")))


class Firefox:
    """One Firefox process with a fresh profile; a context manager that leaves nothing behind."""

    name = "firefox"

    def __init__(self, executable: str = "firefox-esr") -> None:
        self._profile = Path(tempfile.mkdtemp(prefix="onmeet-firefox-"))
        (self._profile / "user.js").write_text(
            "".join(f"user_pref({_js(k)}, {_js(v)});\n" for k, v in PREFERENCES.items()),
            encoding="utf-8",
        )
        self._log = self._profile / "stderr"
        with self._log.open("wb") as log:  # a pipe that nobody reads would be full one day, and stop it
            self._process = subprocess.Popen(
                [
                    *(executable, "--headless", "--no-remote", "--profile", str(self._profile)),
                    *("--remote-debugging-port", "0", "about:blank"),
                ],
                stdout=subprocess.DEVNULL,
                stderr=log,
                preexec_fn=end_with_parent,
            )
        try:
            self._bidi = BiDi(self._address())
            self._bidi.subscribe("log.entryAdded")
            self._bidi.command("script.addPreloadScript", functionDeclaration=INSTRUMENTS)
        except BaseException:
            self.close()
            raise

    def window(self, *, width: int = 1280, height: int = 720, **_: Any) -> FirefoxWindow:
        """Open a window of its own, so that it counts as visible and is not throttled."""
        user_context = self._bidi.command("browser.createUserContext")["userContext"]
        context = self._bidi.command("browsingContext.create", type="window", userContext=user_context)[
            "context"
        ]
        window = FirefoxWindow(self._bidi, user_context, context)
        window.resize(width, height)
        return window

    def preload(self, function: str) -> None:
        """Have a JavaScript function run before the scripts of every page opened from now on."""
        self._bidi.command("script.addPreloadScript", functionDeclaration=function)

    def close(self) -> None:
        """End the process and delete the profile."""
        if hasattr(self, "_bidi"):
            self._bidi.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    def __enter__(self) -> Firefox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _address(self) -> str:
        def listens() -> str:
            found = re.search(r"BiDi listening on (ws://\S+)\s", self._log.read_text("utf-8", "replace"))
            assert found or self._process.poll() is None, "Firefox ended before it listened"
            return found[1] if found else ""

        return until(listens, "Firefox to listen", within=90)


def _js(value: bool | int | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f'"{value}"'
