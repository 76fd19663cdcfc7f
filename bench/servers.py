"""The two servers of the comparison, each started afresh in a folder of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
from pathlib import Path

from bench.processes import Server

REPOSITORY = Path(__file__).resolve().parent.parent
JANUS = shutil.which("janus")
JANUS_ROOT = Path("/usr/lib/x86_64-linux-gnu/janus")
_START_TIMEOUT = 15.0


class ServerMissing(Exception):
    """A server cannot be started here; the text says what to do."""


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def own_address() -> str:
    """The machine's first address that is not loopback: Janus offers no candidate on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.254", 9))  # connecting a datagram socket sends nothing
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
        return address


async def _until_open(connect: str | tuple[str, int], server: Server) -> None:
    """Wait until a Unix path or a TCP address accepts connections."""
    async with asyncio.timeout(_START_TIMEOUT):
        while server.alive:
            try:
                if isinstance(connect, str):
                    _, writer = await asyncio.open_unix_connection(connect)
                else:
                    _, writer = await asyncio.open_connection(*connect)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return
    raise ServerMissing(f"the server ended at once:\n{server.output()[-2000:]}")


async def start_onmeet_relay(
    folder: Path, *, core: int | None = None, address: str = "127.0.0.1", media_port: int = 0
) -> tuple[Server, Path, tuple[str, int]]:
    """The relay process alone: its server, its internal socket, and where media goes."""
    port = media_port or free_port(socket.SOCK_DGRAM)
    env = {
        **os.environ,
        "ONMEET_DATA": str(folder),
        "ONMEET_MEDIA_PORT": str(port),
        "ONMEET_MEDIA_IP": address,
        "PYTHONPATH": str(REPOSITORY),
    }
    server = await Server.start([sys.executable, "-m", "onmeet.relay"], folder, env=env, core=core)
    path = folder / "run" / "relay.sock"
    await _until_open(str(path), server)
    return server, path, (address, port)


_JANUS_MAIN = """
general: {{
  configs_folder = "{folder}"
  plugins_folder = "{root}/plugins"
  transports_folder = "{root}/transports"
  events_folder = "{root}/events"
  loggers_folder = "{root}/loggers"
  log_to_stdout = true
  debug_level = 2
  session_timeout = 0
  hide_dependencies = true
}}
nat: {{ ice_lite = true, ice_enforce_list = "{address}", full_trickle = false }}
media: {{ ipv6 = false, no_media_timer = 60, dtls_mtu = 1200 }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
"""
_JANUS_WEBSOCKETS = """
general: {{ json = "plain", ws = true, ws_port = {port}, ws_ip = "127.0.0.1", wss = false }}
admin: {{ admin_ws = false, admin_wss = false }}
"""


async def start_janus(folder: Path, *, core: int | None = None) -> tuple[Server, str, str]:
    """Debian's Janus with only videoroom and WebSockets: its server, its URL, its media address."""
    if JANUS is None:
        raise ServerMissing("Janus is not installed: apt-get install janus")
    port, address = free_port(), own_address()
    others = {
        kind: ",".join(
            path.name for path in sorted((JANUS_ROOT / kind).glob("*.so")) if keep not in path.name
        )
        for kind, keep in (("plugins", "videoroom"), ("transports", "websockets"))
    }
    (folder / "janus.jcfg").write_text(
        _JANUS_MAIN.format(folder=folder, root=JANUS_ROOT, address=address, **others)
    )
    (folder / "janus.transport.websockets.jcfg").write_text(_JANUS_WEBSOCKETS.format(port=port))
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
    command = [JANUS, "-F", str(folder)]
    server = await Server.start(command, folder, env=dict(os.environ), core=core)
    await _until_open(("127.0.0.1", port), server)
    return server, f"ws://127.0.0.1:{port}", address
