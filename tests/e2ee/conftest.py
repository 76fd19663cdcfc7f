"""Meetings whose members run in Python, in JavaScript, or take turns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2ee.meeting import Make, Meeting, NodePeer, Peer, PythonPeer
from tests.e2ee.node import NODE, Node


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """One node process for the tests of a module."""
    if NODE is None:
        pytest.skip("node is not installed: Debian package nodejs")
    process = Node()
    yield process
    process.close()


def maker(kind: str, request: pytest.FixtureRequest) -> Make:
    """What makes the members of a meeting; in a `mixed` one members 0, 2, 4 … are Python's."""
    if kind == "python":
        return PythonPeer
    node: Node = request.getfixturevalue("node")

    def make(**options: Any) -> Peer:
        python = kind == "mixed" and options["index"] % 2 == 0
        return PythonPeer(**options) if python else NodePeer(node, **options)

    return make


@pytest.fixture
def make(kind: str, request: pytest.FixtureRequest) -> Make:
    """The maker of a cast; `kind` is the test's parameter."""
    return maker(kind, request)


@pytest.fixture(params=["python", "javascript", "mixed"])
def meeting(request: pytest.FixtureRequest) -> Meeting:
    """An empty meeting, once for each cast."""
    return Meeting(maker(request.param, request))
