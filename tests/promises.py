"""The promises and the tests that prove them: `python -m tests.promises` writes docs/promises.md.

A test cites promises with `@pytest.mark.promise("N1.2")`; the first line of its docstring, or its name read
as a sentence, says what we do. Browser tests count, JavaScript tests do not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DOCUMENT", "IDS", "LATER", "PROMISES", "Proof", "proofs", "render"]

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "promises.md"

NOTICES = {"N1": ("on-meet", "as little as possible, gone when the call ends"),
           "N2": ("meetingsphere", "consent, purposes, a security log"),
           "N3": ("easymeet24", "a telecommunications service with traffic data"),
           "N4": ("web1on1", "messages between businesses and their customers"),
           "N5": ("3cx-webmeeting", "an advice service with telephone dial-in")}  # fmt: skip
"""What comes before the point of an id: the notice, and what is particular about it."""

PROMISES: dict[str, str] = {
    "N1.1": "The operator cannot see or hear a call.",
    "N1.2": "As little as needed to connect people, deleted as soon as the call ends.",
    "N1.3": "Contact data and payment state belong to the subscriber's account.",
    "N1.4": "Contacts and recordings stay on the user's own computer.",
    "N1.5": "Functional cookies only; no tracking, no analytics, no marketing.",
    "N1.6": "Card data never reaches our servers.",
    "N1.7": "Guests need no account; their names and call data are gone after the call.",
    "N1.8": "Contact data serves the account and news of changed terms, never advertising.",
    "N1.9": "People choose what others see of them and can refuse contact.",
    "N1.10": "Reachable by anyone, or by those only who were given a code or link.",
    "N1.11": "Members of a group are told beforehand what whoever pays can see.",
    "N1.12": "People see, correct, take along and delete their data at any time.",
    "N1.13": "An account that nobody uses is closed, after a warning.",
    "N1.14": "Storage only for the account, back-ups for a while, and what a law or court demands.",
    "N1.15": "What has been deleted cannot be restored.",
    "N1.16": "Encrypted on the way, and built to be secure.",
    "N1.17": "Content of third parties never touches the call software.",
    "N1.18": "Embedded in another site, the software says whose notice applies there.",
    "N1.19": "A changed notice takes effect 14 days after it was published.",
    "N1.20": "Named places of processing, and an imprint.",
    "N2.1": "Cookies that are not needed only after consent; refusing is as easy, and can be reset.",
    "N2.2": "Consent is asked with the purpose named where data is collected.",
    "N2.3": "A new purpose needs a new permission; a permission can be withdrawn.",
    "N2.4": "Access, correction and deletion on request, confirmed in time, with where to complain.",
    "N2.5": "Newsletters only for those who asked; leaving works at once.",
    "N2.6": "Invoices stay seven years, in Germany ten.",
    "N2.7": "Addresses of requests go into a log for security and for nothing else.",
    "N2.8": "A visitor's country is looked up for a trial and never stored.",
    "N2.9": "Statistics are optional and without addresses; the choice is shown and sticks.",
    "N2.10": "Payment forms and payment data live at the payment provider only.",
    "N2.11": "Meeting centres with agenda, ideas, rating, discussion and minutes.",
    "N3.1": "Each processing has a legal basis, and it is named.",
    "N3.2": "Traffic data may be kept: who, when, by which access, number and address.",
    "N3.3": "Traffic data stays twelve full months, three after the contract, and then goes.",
    "N3.4": "Contract data goes at the end of the calendar year after the contract's end.",
    "N3.5": "Meeting data may be kept: participants, link, date, duration, joins and leaves.",
    "N3.6": "Chat is visible to every participant of its meeting.",
    "N3.7": "Whoever has the link sees who is in the meeting before joining.",
    "N3.8": "Host and usage data may be kept for diagnosis, support and statistics.",
    "N3.9": "Sound, picture and shared screens are passed on between participants.",
    "N3.10": "Usage reports for customers; the load in aggregate for the operator.",
    "N3.11": "Seminars, surveys, and newsletters with a way out in each mail.",
    "N3.12": "Numbers of callers are shown and suppressed as on the telephone.",
    "N3.13": "Faults and misuse may be looked into.",
    "N3.14": "Flat rates: no itemised bill.",
    "N3.15": "All rights of data subjects, an officer and somebody responsible.",
    "N3.16": "Partners get what the ordered service needs, and no more.",
    "N3.17": "Another purpose is asked for by a box to tick.",
    "N4.1": "Businesses exchange messages with their own customers.",
    "N4.2": "Each business decides for itself, within the operator's notice.",
    "N4.3": "Service data, account data and usage data have separate rules.",
    "N4.4": "Requests about a business's data are passed on to it, after a look at who asks.",
    "N4.5": "Not for children under 16; what came from one is removed.",
    "N4.6": "Demo requests, enquiries and complaints are taken, answered and followed up.",
    "N4.7": "Marketing can be refused at any time.",
    "N4.8": "Use is understood from sums that identify nobody.",
    "N4.9": "Cookies of a session are told from lasting ones; privacy signals are obeyed.",
    "N4.10": "Security problems, misuse and fraud may be looked into.",
    "N5.1": "Meetings by computer, smartphone or telephone.",
    "N5.2": "User data: name, telephone, e-mail, password, picture.",
    "N5.3": "Meeting data: topic, description, addresses, devices, notes.",
    "N5.4": "Recordings only when there is recording.",
    "N5.5": "Of telephone dial-in: numbers, address, licence key and domain of the telephone system.",
    "N5.6": "A notice comes before the first use of chat, sound and picture.",
    "N5.7": "Nothing goes to third parties; processors are listed with their contract.",
    "N5.8": "Processing stays in the EU and the EEA.",
    "N5.9": "The notice has a date and a version.",
    "N5.10": "Meetings rest on a public task, contributions on consent.",
}
"""Each promise in a few words of our own."""

IDS = tuple(PROMISES)

LATER: dict[str, str] = {}
"""Promises of which nothing can be tested yet: id → what is true until then."""

INTRODUCTION = """\
# Promises and their proof

Generated from the tests by `./dev promises`; do not edit.

OnMeet runs under one privacy notice at a time, and five come with it. What each of them promises stands here
in a few words, with its number. Below a promise follows what we do for it, and beside that the test that
fails when we do not.

Where a function does not exist yet, such as telephone dial-in or groups, a row says that it is to come and
shows what is true of its data today.

| notice | promises | tests |
|---|---|---|"""


@dataclass(frozen=True, slots=True)
class Proof:
    """One test and what it shows."""

    ids: tuple[str, ...]
    says: str
    file: str
    name: str


def proofs() -> list[Proof]:
    """Every citation in the Python tests, in the order of files and names."""
    found: list[Proof] = []
    for path in (ROOT / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        shared = _of_module(tree)
        for node in _tests(tree):
            ids = (*shared, *_cited(node.decorator_list))
            if ids:
                file = path.relative_to(ROOT).as_posix()
                found.append(Proof(tuple(dict.fromkeys(ids)), _sentence(node), file, node.name))
    return sorted(found, key=lambda proof: (proof.file, proof.name))


def render() -> str:
    """The document."""
    known = proofs()
    lines = [INTRODUCTION]
    for notice, (name, particular) in NOTICES.items():
        own = [promise for promise in IDS if _notice(promise) == notice]
        tests = sum(1 for proof in known if set(own) & set(proof.ids))
        lines.append(f"| [{name}](#{notice.lower()}-{name}): {particular} | {len(own)} | {tests} |")
    for notice, (name, _) in NOTICES.items():
        lines += ["", f"## {notice} {name}", "", "| id | what we do | test |", "|---|---|---|"]
        for promise in IDS:
            if _notice(promise) == notice:
                lines += _rows(promise, known)
    return "\n".join(lines) + "\n"


def _notice(promise: str) -> str:
    return promise.partition(".")[0]


def _rows(promise: str, known: list[Proof]) -> Iterator[str]:
    yield f"| **{promise}** | **{PROMISES[promise]}** | |"
    if promise in LATER:
        yield f"| {promise} | {LATER[promise]} | – |"
    for proof in known:
        if promise in proof.ids:
            where = f"`{proof.file.removeprefix('tests/')}::{proof.name}`"
            yield f"| {promise} | {proof.says} | [{where}](../{proof.file}) |"


def _tests(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node


def _of_module(tree: ast.Module) -> tuple[str, ...]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
        ):
            marks = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
            return _cited(marks)
    return ()


def _cited(marks: list[ast.expr]) -> tuple[str, ...]:
    return tuple(
        str(argument.value)
        for mark in marks
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == "promise"
        for argument in mark.args
        if isinstance(argument, ast.Constant)
    )


def _sentence(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    text = (ast.get_docstring(node) or "").strip().splitlines()
    said = text[0].rstrip(".") if text else node.name.removeprefix("test_").replace("_", " ")
    names = tuple(name for name, _ in NOTICES.values())
    return (said if said.startswith(names) else said[0].upper() + said[1:]).replace("|", "\\|")


if __name__ == "__main__":
    DOCUMENT.write_text(render(), "utf-8")
