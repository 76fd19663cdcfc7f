"""Logs hold nothing about people, whoever writes them."""

from __future__ import annotations

import json
import subprocess
import sys

CANARY = "Zephyrine-Quillfeather"

SCRIPT = f"""
import logging, warnings, structlog
from onmeet import logs
logs.configure("debug", "test")
log = structlog.get_logger()
log.info("somebody came", name="{CANARY}", count=3)
logging.getLogger("flask").error("bad thing of %s", "{CANARY}")
logging.getLogger("gunicorn.error").info("Listening")
logging.getLogger("gunicorn.error").warning("Invalid request from {CANARY}")
logging.getLogger("somelib").warning("x", extra={{"name_of": "{CANARY}"}})
logging.getLogger("aioice.ice").warning("candidate {CANARY}")
warnings.warn("{CANARY}")
try:
    raise ValueError("{CANARY}")
except ValueError:
    log.exception("it failed")
    logging.getLogger("other").exception("it failed for {CANARY}")
own = ("_record", "_from_structlog", "_name", "exc", "stack", "stack_info")
log.info("extra", **dict.fromkeys(own, "{CANARY}"))
for level in (10, 20, 30, 40, 50):
    logging.getLogger("somelib.inner").log(level, "level %s", "{CANARY}", extra={{"reason": "{CANARY}"}})
    logging.getLogger("gunicorn.access").log(level, "{CANARY}") if level > 20 else None
logging.getLogger("somelib").error("%d", "{CANARY}")  # the message does not fit its arguments
logging.getLogger("somelib").error("x", stack_info=True)
import threading, asyncio, gc
def in_thread():
    raise LookupError("{CANARY}")
thread = threading.Thread(target=in_thread, name="{CANARY}")
thread.start(); thread.join()
class Clumsy:
    def __repr__(self): return "{CANARY}"
    def __del__(self): raise OSError("{CANARY}")
Clumsy(); gc.collect()
async def careless():
    async def inner(): raise KeyError("{CANARY}")
    task = asyncio.ensure_future(inner()); task.set_name("{CANARY}")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task; gc.collect()
    asyncio.get_running_loop().call_exception_handler({{"message": "{CANARY}", "future": "{CANARY}"}})
asyncio.run(careless())
def deep():
    raise RuntimeError("{CANARY}") from ValueError("{CANARY}")
deep()
"""


def run_script() -> list[dict[str, object]]:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.stdout == ""
    assert CANARY not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_no_value_reaches_the_log_and_every_line_is_json():
    lines = run_script()
    assert lines[0]["event"] == "somebody came"
    assert lines[0]["count"] == 3
    assert "name" not in lines[0]
    assert all(line["part"] == "test" for line in lines)


def test_library_messages_are_reduced_to_who_wrote_them():
    lines = run_script()
    assert {"flask", "somelib", "py.warnings", "other"} <= {str(line.get("logger")) for line in lines}
    assert {line["event"] for line in lines if line.get("logger") == "flask"} == {"library message"}
    gunicorn = [line["event"] for line in lines if line.get("logger") == "gunicorn.error"]
    assert gunicorn == ["Listening", "library message"]
    assert not [line for line in lines if str(line.get("logger", "")).startswith("aioice")]


def test_exception_is_written_as_type_and_places():
    lines = [line for line in run_script() if "exception" in line]
    kinds = [str(line["exception"]).partition(" ")[0] for line in lines]
    assert kinds == [
        "ValueError", "ValueError", "LookupError", "OSError", "KeyError", "RuntimeError",
    ]  # fmt: skip
    assert str(lines[0]["exception"]).startswith("ValueError at <string>:")
    assert "deep" in str(lines[-1]["exception"])
