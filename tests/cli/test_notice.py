"""The operator's commands about privacy notices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onmeet import cli
from onmeet.notices import reading
from onmeet.notices.categories import CATEGORIES
from tests.factories.notices import EXTENDING, WHOLE, item


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONMEET_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("ONMEET_NOTICE", raising=False)


def run(*arguments: str) -> int:
    return cli.main(["notice", *arguments])


def write(name: str, text: str) -> str:
    Path(name).write_text(text)
    return name


def test_a_good_file_is_told_in_one_line_an_item(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", write("ours.toml", WHOLE)) == 0
    said, faults = capsys.readouterr()
    assert faults == ""
    first, line = said.splitlines()
    assert first == "ours 1.0 can be used. It permits:"
    assert line.startswith("  meeting.ip  Network addresses")
    assert "30 days" in line


def test_a_faulty_file_is_told_fault_by_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", write("ours.toml", item(purpose='"Fun"', form='"whole"'))) == 1
    said, faults = capsys.readouterr()
    assert said == ""
    assert [line.split(": ")[0] for line in faults.splitlines()] == [
        "ours.toml:15",
        "ours.toml:18",
        "2 problems",
    ]


def test_to_check_a_notice_leaves_no_trace() -> None:
    assert run("check", "on-meet") == 0
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [("check", "gone.toml"), ("show", "on-meat"), ("diff", "on-meet", "gone.toml")]
)
def test_a_notice_that_does_not_exist_is_wrong_use(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    assert capsys.readouterr().err.startswith("onmeet: ")


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_the_configured_notice_is_shown_in_each_language(
    language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ONMEET_NOTICE", "easymeet24")
    monkeypatch.setenv("ONMEET_OPERATOR", "Example Ltd")
    assert run("show", "--lang", language) == 0
    first, controller, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("easymeet24 1.0: ")
    assert "2026" in first
    assert controller == "Example Ltd"
    assert len(lines) == len(reading.load("easymeet24").items)


def test_json_says_what_happens_to_every_category(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "on-meet", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["effective"] == "2026-01-19"
    assert shown["storing"].keys() == CATEGORIES.keys()
    assert (shown["storing"]["account.name"], shown["storing"]["meeting.ip"]) == ("as-is", "drop")
    retention = {one["category"]: one["retention"] for one in shown["items"]}
    assert retention["account.times"] == [
        "until account_close", "24 months after last_activity, warning 30 days before",
    ]  # fmt: skip
    assert retention["meeting.ip"] == "transient"


def test_equal_notices_differ_in_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("diff", "on-meet", "on-meet") == 0
    assert capsys.readouterr().out == ""


def test_a_difference_is_told_with_its_direction(capsys: pytest.CaptureFixture[str]) -> None:
    ours = write("ours.toml", EXTENDING + '\n[[item]]\ncategory = "meeting.ip"\nform = "truncated"\n')
    assert run("diff", "easymeet24", ours) == 1
    assert capsys.readouterr().out.splitlines() == [
        "~ notice name (neither): easymeet24 → ours",
        "~ notice languages (neither): de, en, fr → en",
        "~ item meeting.ip (tighter)",
        "    form: as-is → truncated (tighter)",
    ]


def test_a_tighter_notice_is_told_from_a_looser_one(capsys: pytest.CaptureFixture[str]) -> None:
    ours = write("ours.toml", EXTENDING + '\n[[item]]\ncategory = "meeting.ip"\nform = "truncated"\n')
    assert run("diff", "--tighter", "easymeet24", ours) == 0
    assert run("diff", "--tighter", ours, "easymeet24") == 1
    assert capsys.readouterr().out.splitlines() == [
        "~ item meeting.ip (looser)",
        "    form: truncated → as-is (looser)",
    ]
