"""The supervisor keeps its children alive and leaves none behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from onmeet.clock import Clock, monotonic
from onmeet.config import Config
from onmeet.errors import ConfigError
from onmeet.serve import (
    MENDING_SECONDS,
    TAKES_ALONG,
    Child,
    Supervisor,
    alone_with,
    check_ports,
    restart_delay,
)
from tests import waiting
from tests.ports import free_port
from tests.running import OnMeetServer

# Writes its pid on a line of its own in argv[1], then waits for a signal.
LIVES = "import os,signal,sys; open(sys.argv[1],'a').write(f'{os.getpid()}\\n'); signal.pause()"
# The same, deaf to SIGTERM.
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + LIVES
FAILS = "import sys; open(sys.argv[1],'a').write('0\\n'); sys.exit(3)"


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []


until = partial(waiting.until, what="what the supervisor does", within=30.0, every=0.01)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@contextmanager
def supervised(children: list[Child], clock: Clock = monotonic) -> Iterator[Supervisor]:
    supervisor = Supervisor(children, clock)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
        thread.join(20)
        assert not thread.is_alive()


def child(code: str, out: Path) -> Child:
    return Child("part", [sys.executable, "-c", code, str(out)])


def test_killed_child_is_started_again_at_once(tmp_path: Path):
    out = tmp_path / "pids"
    with supervised([child(LIVES, out)]):
        until(lambda: len(pids(out)) == 1)
        os.kill(pids(out)[0], signal.SIGKILL)
        until(lambda: len(pids(out)) == 2)
    assert not any(alive(pid) for pid in pids(out))


def test_one_child_dying_leaves_the_other_alone(tmp_path: Path):
    one, two = tmp_path / "one", tmp_path / "two"
    with supervised([child(LIVES, one), child(LIVES, two)]):
        until(lambda: len(pids(one)) == len(pids(two)) == 1)
        os.kill(pids(one)[0], signal.SIGKILL)
        until(lambda: len(pids(one)) == 2)
        assert len(pids(two)) == 1
        assert alive(pids(two)[0])


def test_child_that_ignores_the_request_to_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("onmeet.serve.STOP_SECONDS", 0.2)
    out = tmp_path / "pids"
    with supervised([child(STUBBORN, out)]):
        until(lambda: len(pids(out)) == 1)
    assert not alive(pids(out)[0])


def test_failing_child_is_not_restarted_in_a_tight_loop(tmp_path: Path):
    delays = [restart_delay(n) for n in range(1, 12)]
    assert delays[0] == 0.0
    assert delays == sorted(delays)
    assert delays[-1] == 5.0
    out = tmp_path / "starts"
    failing = child(FAILS, out)
    now = [0.0]  # stands still, so that no further start comes in between
    with supervised([failing], lambda: now[0]):
        until(lambda: failing.failures == 2 and failing.process is None)
        assert len(pids(out)) == 2
        now[0] = failing.restart_at
        until(lambda: failing.failures == 3 and failing.process is None)
    assert failing.restart_at == now[0] + restart_delay(3)
    assert len(pids(out)) == 3


def test_part_may_fail_for_days():
    assert restart_delay(100_000) == 5.0


def test_part_with_wrong_settings_is_tried_ever_more_rarely_and_the_others_go_on(tmp_path: Path):
    out, log = tmp_path / "pids", tmp_path / "starts"
    refusing = child("import sys; open(sys.argv[1],'a').write('2\\n'); sys.exit(2)", log)
    with supervised([refusing, child(LIVES, out)]) as supervisor:
        until(lambda: refusing.failures >= 3)
        assert supervisor.refused("part")
        until(lambda: len(pids(out)) >= 1)
        assert len(pids(out)) == 1
    delays = [restart_delay(n, MENDING_SECONDS) for n in range(1, 30)]
    assert delays == sorted(delays)
    assert delays[-1] == MENDING_SECONDS


def test_slow_start_with_wrong_settings_counts_as_a_failure_too():
    refusing = Child("part", ["false"])
    refusing.process = subprocess.Popen([sys.executable, "-c", "import sys; sys.exit(2)"])
    refusing.process.wait()
    refusing.failures = 8
    refusing.ended(refusing.started_at + 60.0)
    assert refusing.failures == 9


def test_mistake_in_the_settings_of_the_telephone_stops_the_start(tmp_path: Path):
    wrong = 'languages = ["en"]\n[[trunk]]\nnmae = "x"\n'
    env = {**os.environ, "ONMEET_DATA": str(tmp_path), "PORT": str(free_port()), "ONMEET_PHONE": wrong}
    env |= {"ONMEET_SIP_PORT": str(free_port()), "ONMEET_MEDIA_PORT": str(free_port())}
    done = subprocess.run([sys.executable, "-m", "onmeet.serve"], env=env, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("OnMeet cannot start: the telephone's settings cannot be used:\n")
    assert "ONMEET_PHONE:3: trunk 1: nmae is no key" in done.stderr


def test_children_end_when_the_supervisor_is_killed(tmp_path: Path):
    out = tmp_path / "pids"
    code = (
        "import sys; from onmeet.serve import Child, Supervisor;"
        f"Supervisor([Child('part', [sys.executable, '-c', {LIVES!r}, sys.argv[1]])]).run()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(out)])
    until(lambda: len(pids(out)) == 1)
    parent.kill()
    parent.wait()
    until(lambda: not alive(pids(out)[0]))


def test_wrong_setting_stops_the_start_with_a_sentence(tmp_path: Path):
    env = {**os.environ, "ONMEET_DATA": str(tmp_path), "PORT": "many"}
    done = subprocess.run([sys.executable, "-m", "onmeet.serve"], env=env, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "OnMeet cannot start: PORT must be a whole number from 1 to 65535\n"


SIGNALLED = """
import signal, sys
from onmeet import serve
serve.LOOK_SECONDS = 0.0
supervisor = serve.Supervisor([])
signal.signal(signal.SIGALRM, lambda *_: supervisor.stop())
signal.setitimer(signal.ITIMER_REAL, float(sys.argv[1]))
supervisor.run()
"""


def test_signal_at_any_moment_ends_the_supervisor():
    # The moments differ by less than one look at the children; a lock taken in between shows as a hang.
    waits = [0.2 + n / 100_000 for n in range(8)]
    runs = [subprocess.Popen([sys.executable, "-c", SIGNALLED, str(wait)]) for wait in waits]
    try:
        assert [run.wait(50) for run in runs] == [0] * len(runs)
    finally:
        for run in runs:
            run.kill()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("PORT", socket.SOCK_STREAM),
        ("ONMEET_MEDIA_PORT", socket.SOCK_DGRAM),
        ("ONMEET_SIP_PORT", socket.SOCK_DGRAM),
        ("ONMEET_SIP_PORT", socket.SOCK_STREAM),
    ],
)
def test_port_in_use_stops_the_start_and_is_named(tmp_path: Path, name: str, kind: socket.SocketKind):
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        env = {
            "ONMEET_DATA": str(tmp_path),
            "PORT": str(free_port()),
            "ONMEET_MEDIA_PORT": "0",
            "ONMEET_SIP_PORT": str(free_port()),
        }
        env[name] = str(taken.getsockname()[1])
        with pytest.raises(ConfigError, match=f"^{name}: port {env[name]} cannot be used"):
            check_ports(Config.from_env(env))


def test_part_that_cannot_be_started_is_tried_again(tmp_path: Path):
    out = tmp_path / "pids"
    missing = Child("part", [str(tmp_path / "no such program")])
    with supervised([missing, child(LIVES, out)]):
        until(lambda: missing.failures >= 2)
        until(lambda: len(pids(out)) == 1)


def test_data_folder_belongs_to_one_supervisor(tmp_path: Path):
    (tmp_path / "run").mkdir()
    with (
        alone_with(tmp_path),
        pytest.raises(ConfigError, match="another OnMeet already runs"),
        alone_with(tmp_path),
    ):
        pass
    with alone_with(tmp_path):
        pass


def test_start_is_seen_whatever_proxy_and_public_address_are_set():
    elsewhere = {
        "http_proxy": "http://127.0.0.1:9",
        "ONMEET_PUBLIC_URL": "https://meet.example.org",
        "ONMEET_PROXIES": "1",
    }
    server = OnMeetServer(**elsewhere, ONMEET_BIND="127.0.0.2")
    server.base_url = f"http://127.0.0.2:{server.port}"
    with server:
        until(lambda: "OnMeet is ready: https://meet.example.org" in server.log_text())


def test_parts_that_never_answer_end_the_start_with_a_failure(tmp_path: Path):
    code = (
        "import sys; from onmeet import serve; serve.READY_SECONDS = 0.5;"
        "serve._children = lambda config: []; sys.exit(serve.main())"
    )
    env = {
        **os.environ, "ONMEET_DATA": str(tmp_path), "PORT": str(free_port()), "ONMEET_MEDIA_PORT": "0",
        "ONMEET_SIP": "off",
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "ready" not in done.stdout


def test_signal_while_the_database_is_made_ends_the_start_quietly(tmp_path: Path):
    code = (
        "import subprocess, sys; from onmeet import serve;"
        "serve.subprocess.run = lambda *a, **k: (print('busy', flush=True), sys.stdin.read());"
        "sys.exit(serve.main())"
    )
    env = {
        **os.environ, "ONMEET_DATA": str(tmp_path), "PORT": str(free_port()), "ONMEET_MEDIA_PORT": "0",
        "ONMEET_SIP": "off",
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"busy\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(50) == 0
        assert process.stderr.read() == b""


AGAIN = "import os,sys; open(sys.argv[1],'a').write(f'{os.getpid()}\\n'); sys.exit(int(sys.argv[2]))"


@pytest.mark.parametrize(("status", "along"), [(TAKES_ALONG, True), (1, False)])
def test_a_part_can_ask_that_others_start_anew_with_it(tmp_path: Path, status: int, along: bool):
    web, keeper = tmp_path / "web", tmp_path / "keeper"
    lives = Child("web", [sys.executable, "-c", LIVES, str(web)])
    asks = Child("keeper", [sys.executable, "-c", AGAIN, str(keeper), str(status)], takes_along=("web",))
    asks.restart_at = float("inf")  # not before the other is there
    with supervised([lives, asks]):
        until(lambda: len(pids(web)) == 1)
        asks.restart_at = 0.0
        until(lambda: len(pids(keeper)) >= 3)
        if along:
            until(lambda: len(pids(web)) >= 2)
        else:
            assert len(pids(web)) == 1
