"""The worker's transforms in real browsers: what is sealed arrives, nothing else gets out or in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.conftest import OpenWindow
from tests.browser.module_server import module_server
from tests.browser.window import Window
from tests.waiting import until

Report = dict[str, Any]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with module_server() as url:
        yield url


class Scene:
    """Two connections in one page; `tests/browser/frame_crypto_page.js`."""

    def __init__(self, window: Window, address: str) -> None:
        self.window = window
        window.open(f"{address}frame_crypto.html")
        until(lambda: window.evaluate("() => Boolean(window.scene)"), "the page", pause=window.pause)

    def start(self, **options: Any) -> None:
        self.window.evaluate("(options) => window.scene.start(options)", options)

    def give(self, *args: Any) -> None:
        """Put an epoch in force on one side: who, number, and a difference that makes the key wrong."""
        self.window.evaluate("(...args) => window.scene.give(...args)", *args)

    def silence(self, silent: bool) -> None:
        self.window.evaluate("(silent) => window.scene.silence(silent)", silent)

    def chat(self, text: str) -> dict[str, str]:
        return dict(self.window.evaluate("(text) => window.scene.chat(text)", text))

    def report(self) -> Report:
        return dict(self.window.evaluate("() => window.scene.report()"))

    def wait(self, condition: Callable[[Report], object]) -> Report:
        """The first report for which the condition holds."""

        def holds() -> Report | None:
            report = self.report()
            return report if condition(report) else None

        found = until(holds, "the frames", within=45, pause=self.window.pause)
        assert found
        return found


@pytest.fixture(params=["window", "fox_window"], ids=["chromium", "firefox"])
def scene(request: pytest.FixtureRequest, address: str) -> Scene:
    opener: OpenWindow[Window] = request.getfixturevalue(request.param)
    return Scene(opener(), address)


def dropped(report: Report, side: str, media: str) -> dict[str, int]:
    rows = [row for row in report[side] if row["media"] == media]
    return dict(rows[0]["dropped"]) if rows else {}


def plays(report: Report) -> bool:
    return bool(report["framesDecoded"] > 5 and report["audioEnergy"] > 0)


def test_sound_and_picture_arrive_sealed(scene: Scene) -> None:
    scene.give("sender", 1)
    scene.give("receiver", 1)
    scene.start()
    report = scene.wait(plays)
    assert all(row["passed"] > 0 for row in report["sender"] + report["receiver"])
    assert scene.chat("good morning")["opened"] == "good morning"
    assert "replay" in scene.chat("once")["again"]


def test_nothing_leaves_before_there_is_a_key(scene: Scene) -> None:
    scene.give("receiver", 1)
    scene.start()
    report = scene.wait(lambda r: dropped(r, "sender", "audio").get("no-key", 0) > 20)
    assert report["audioPackets"] == 0
    assert report["framesDecoded"] == 0
    scene.give("sender", 1)
    scene.wait(plays)


def test_nothing_is_decoded_without_the_right_key(scene: Scene) -> None:
    scene.give("sender", 1)
    scene.give("receiver", 1, 1)
    scene.start()
    report = scene.wait(lambda r: dropped(r, "receiver", "audio").get("tag", 0) > 20)
    assert report["framesDecoded"] == 0
    assert report["audioEnergy"] == 0
    assert any(news["reason"] == "tag" for news in report["news"])


def test_nothing_is_decoded_that_came_in_clear(scene: Scene) -> None:
    scene.give("receiver", 1)
    scene.start(sealed=False)
    report = scene.wait(lambda r: sum(dropped(r, "receiver", "audio").values()) > 20)
    assert report["framesDecoded"] == 0
    assert report["audioEnergy"] == 0


def test_nothing_is_decoded_that_somebody_else_sealed(scene: Scene) -> None:
    scene.give("sender", 1)
    scene.give("receiver", 1)
    scene.start(aim=5)
    report = scene.wait(lambda r: dropped(r, "receiver", "audio").get("wrong-sender", 0) > 20)
    assert report["framesDecoded"] == 0
    assert report["audioEnergy"] == 0


def test_keys_rotate_without_a_lost_frame(scene: Scene) -> None:
    scene.give("sender", 1)
    scene.give("receiver", 1)
    scene.start()
    before = scene.wait(plays)
    # A frame is held for 0.3 s at most, an old key for 5 s: this way round there is time between the two.
    scene.give("receiver", 2)
    scene.give("sender", 2)
    frames = before["framesDecoded"] + 10
    report = scene.wait(lambda r: r["framesDecoded"] > frames)
    assert dropped(report, "receiver", "audio") == dropped(before, "receiver", "audio")
    assert dropped(report, "receiver", "video") == dropped(before, "receiver", "video")


def test_silence_stops_what_is_sent(scene: Scene) -> None:
    scene.give("sender", 1)
    scene.give("receiver", 1)
    scene.start()
    scene.wait(plays)
    scene.silence(True)
    quiet = scene.wait(lambda r: dropped(r, "sender", "audio").get("silent", 0) > 5)
    later = scene.wait(lambda r: dropped(r, "sender", "audio")["silent"] > 40)
    assert later["sender"][0]["passed"] == quiet["sender"][0]["passed"]
    scene.silence(False)
    scene.wait(lambda r: r["framesDecoded"] > later["framesDecoded"] + 5)


def test_every_simulcast_layer_is_sealed(window: OpenWindow[Window], address: str) -> None:
    scene = Scene(window(), address)
    scene.give("sender", 1)
    scene.give("receiver", 1)
    scene.start(simulcast=True)
    report = scene.wait(lambda r: r["layers"] == 3)
    assert not dropped(report, "sender", "video")
