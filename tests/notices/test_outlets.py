"""Whatever is written besides the database is declared: files, log keys, figures, Redis."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from onmeet.errors import NotPermitted
from onmeet.notices import outlets
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.outlets import Outlet
from onmeet.relay.interface import PlaneStats
from onmeet.signalling.counters import Counters
from tests.factories.policies import permitting, policy

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "onmeet").rglob("*.py"))
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def log_calls(source: str) -> Iterator[ast.Call]:
    """Calls such as `log.info(...)`."""
    for node in ast.walk(ast.parse(source)):
        function = getattr(node, "func", None)
        if (
            isinstance(node, ast.Call)
            and isinstance(function, ast.Attribute)
            and function.attr in LEVELS
            and isinstance(function.value, ast.Name)
            and function.value.id in ("log", "logger", "logging")
        ):
            yield node


def complaints(source: str) -> list[str]:
    """What is wrong with the log calls of a source, each with what to do."""
    found: list[str] = []
    for call in log_calls(source):
        first = call.args[0] if call.args else None
        if len(call.args) != 1 or not isinstance(first, ast.Constant) or not isinstance(first.value, str):
            found.append(f"line {call.lineno}: log one fixed sentence, and what differs under declared keys")
        for keyword in call.keywords:
            key = keyword.arg or "**"
            if key != "exc_info" and not outlets.is_log_key(key):
                found.append(
                    f"line {call.lineno}: the log key {key} is not declared: add it to LOG_KEYS in "
                    "onmeet/notices/outlets.py with a technical reason, or leave it out"
                )
    return found


def scan(sources: Iterable[Path]) -> dict[Path, list[str]]:
    """The complaints about source files."""
    found = {path: complaints(path.read_text()) for path in sources}
    return {path: what for path, what in found.items() if what}


@pytest.mark.promise("N1.2")
def test_every_log_line_has_declared_keys_only() -> None:
    """Every log line is a fixed sentence with declared keys."""
    assert scan(SOURCES) == {}


@pytest.mark.promise("N1.2")
def test_a_source_file_that_logs_an_undeclared_key_is_told_what_to_do(tmp_path: Path) -> None:
    """A source file that logs something undeclared is found, with its line and what to do."""
    careless = tmp_path / "careless.py"
    careless.write_text('log = get_logger()\n\n\ndef join(name):\n    log.info("somebody came", name=name)\n')
    assert scan([careless]) == {
        careless: [
            "line 5: the log key name is not declared: add it to LOG_KEYS in onmeet/notices/outlets.py "
            "with a technical reason, or leave it out"
        ]
    }


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('log.info("somebody came", name=name)', "the log key name is not declared: add it to LOG_KEYS in"),
        ('log.info("somebody came", **about)', "the log key ** is not declared"),
        ('log.info(f"{name} came")', "log one fixed sentence"),
        ('log.warning("%s came", name)', "log one fixed sentence"),
        ("log.error(str(error), exc_info=True)", "log one fixed sentence"),
    ],
)
def test_an_undeclared_log_line_is_found_and_told_what_to_do(line: str, words: str) -> None:
    (complaint,) = complaints(line)
    assert words in complaint


def relay_figures() -> Iterator[str]:
    """Names of figures as the relay hands them out."""
    yield from ("rooms", "participants", "visitors")
    counters = Counters()
    counters.left["left"] += 1
    counters.errors["bad-sdp"] += 1
    counters.closed[1000] += 1
    for name, value in counters.as_dict().items():
        below = [f"_{key}" for key in value] if isinstance(value, dict) else [""]
        yield from (f"signalling_{name}{key}".replace("-", "_") for key in below)
    yield from (f"media_{field.name}" for field in fields(PlaneStats))


def figure_complaints(names: Iterable[str]) -> list[str]:
    """What is wrong with figures of these names, each with what to do."""
    return [
        f"the figure {name} is not declared, so it is not shown: add it to FIGURES in "
        "onmeet/notices/outlets.py and say what it counts, or leave it out"
        for name in names
        if outlets.figure(name) is None
    ]


@pytest.mark.promise("N1.2")
def test_every_figure_of_the_relay_is_declared() -> None:
    """Every figure for the operator is declared with what it means."""
    assert figure_complaints(relay_figures()) == []


@pytest.mark.promise("N1.2")
def test_a_figure_without_a_declaration_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure that the relay counts without a declaration is found, and told what to do."""
    real = Counters.as_dict
    monkeypatch.setattr(Counters, "as_dict", lambda self: {**real(self), "joined_from_munich": 3})
    (told,) = figure_complaints(relay_figures())
    assert "signalling_joined_from_munich is not declared, so it is not shown" in told
    assert "add it to FIGURES in onmeet/notices/outlets.py" in told


@pytest.mark.promise("N4.8")
def test_figures_have_no_labels() -> None:
    """Figures have no labels: a figure is about everybody or nobody."""
    source = (ROOT / "onmeet/web/health.py").read_text()
    assert "labels" not in source


@pytest.mark.parametrize("name", ["ada", "rooms_of_ada", "signalling_errors_Ada", "signalling_left_", "up{}"])
def test_other_figures_are_not_shown(name: str) -> None:
    assert outlets.figure(name) is None or name == "signalling_left_"


@pytest.mark.promise("N1.2")
def test_files_that_nobody_declared_are_found(tmp_path: Path) -> None:
    """A file that nobody has declared is found and reported."""
    for name in ("onmeet.db", "keys/secret_key", "keys/rotating/7-20", "run/relay.sock", "outbox/1.eml"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    assert outlets.unknown_files(tmp_path) == []
    strangers = ["guests.txt", "keys/rotating/old/7-20", "outbox/1.eml.bak", "run/notes", "deep/onmeet.db"]
    for name in strangers:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to("/nowhere")
    found = {path.relative_to(tmp_path).as_posix() for path in outlets.unknown_files(tmp_path)}
    assert found == {*strangers, "link"}


def test_a_file_is_refused_where_its_category_is_not_permitted(tmp_path: Path) -> None:
    mail = tmp_path / "outbox" / "1.eml"
    outlets.check_file(mail, tmp_path, policy("on-meet"))
    with pytest.raises(NotPermitted, match=r"outbox/\*\.eml holds account\.email, which the notice"):
        outlets.check_file(mail, tmp_path, permitting())
    with pytest.raises(NotPermitted, match=r"see onmeet\.notices\.outlets"):
        outlets.check_file(tmp_path / "ada.txt", tmp_path, policy("on-meet"))


def test_an_outlet_says_why_it_is_there() -> None:
    for wrong in ({}, {"reason": "x", "category": "account.name"}, {"category": "account.nonsense"}):
        with pytest.raises(ValueError, match="needs either a reason or a category"):
            Outlet("x", **wrong)
    assert all(outlet.reason for outlet in outlets.LOG_KEYS), "logs go where no sweep comes"
    for outlet in (*outlets.FILES, *outlets.REDIS_KEYS, *outlets.LOG_KEYS, *outlets.FIGURES):
        assert outlet.reason or outlet.category in CATEGORIES, asdict(outlet)


RAW = re.compile(r"\.(raw_connection|driver_connection|dbapi_connection|cursor)\(|\.connection\.connection\b")


def test_nobody_goes_round_the_gate_to_the_driver() -> None:
    """The one way that the gate cannot see."""
    found = [path.relative_to(ROOT).as_posix() for path in SOURCES if RAW.search(path.read_text())]
    assert found == [], "write with the models, through a session or a connection"
