"""The telephone gateway's process, `python -m sip`: a composition root."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Any

import structlog

from onmeet import clock, logs
from onmeet.billing.dial_in import ReachableMeetings
from onmeet.billing.selling import open_selling
from onmeet.config import Config
from onmeet.db import Database
from onmeet.errors import ConfigError
from onmeet.groups.service import Groups
from onmeet.meetings.service import Meetings
from onmeet.migrations import tables as _tables  # noqa: F401 - fills the metadata
from onmeet.notices import versions
from onmeet.notices.policy import Policy
from onmeet.notices.store import open_database
from onmeet.phone.gateway_key import GatewayKey
from onmeet.phone.settings import PhoneSettings, load
from onmeet.phone.spending import Spending
from onmeet.relay import runtime
from sip.agent import Agent
from sip.gateway.control import Control
from sip.gateway.dial_out import DialOuts, NotDialled
from sip.gateway.doors import Doors
from sip.gateway.house import Gateway, MonthlyBook, Parts
from sip.ivr import rendering
from sip.ivr.sounds import Prompts
from sip.room.nursery import Nursery
from sip.room.settings import RoomSettings
from sip.wire.options import Options
from sip.wire.transport import Transport

log = structlog.get_logger()


class Questions:
    """What pages may ask the gateway."""

    def __init__(self, gateway: Gateway, agent: Agent) -> None:
        self._gateway = gateway
        self._agent = agent

    async def status(self, _question: dict[str, Any]) -> dict[str, Any]:
        """How the gateway is: sums about nobody."""
        trunks = self._agent.trunks()
        usable = sum(state in ("registered", "static") for _, state in trunks)
        return {"ok": True, "trunks": len(trunks), "registered": usable, "calls": self._gateway.calls}

    async def dial(self, question: dict[str, Any]) -> dict[str, Any]:
        """Call somebody into a meeting."""
        room, number, language = (question.get(name) for name in ("room", "number", "language"))
        account = question.get("account")
        if not (isinstance(room, str) and isinstance(number, str) and isinstance(language, str)):
            return {"error": "bad-question"}
        if type(account) is not int:
            return {"error": "bad-question"}
        try:
            await self._gateway.dial(room, number, account, language)
        except NotDialled as error:
            return {"error": error.code}
        return {"ok": True}


async def _greet_by_name(prompts: Prompts, folder: Path, operator: str) -> None:
    """Make the prompts with the operator's name where they are missing; until then the neutral ones serve."""
    if await asyncio.to_thread(rendering.greet, folder, operator):
        prompts.forget()


async def serve(config: Config, settings: PhoneSettings, policy: Policy, database: Database) -> None:
    """Run until the end of service. Raises ConfigError when a port or the socket cannot be had."""
    meetings = Meetings(database, key=config.marks_key, anyone_may_start=config.start == "anyone")
    selling, groups = open_selling(config, policy, database), Groups(database, policy)
    recordings = config.data / "prompts"
    prompts = Prompts(recordings)
    rooms = RoomSettings(config.relay_socket, recordings, config.log_level)
    nursery = Nursery(rooms, GatewayKey.of(config))
    gateway = Gateway(
        Parts(
            config=config,
            settings=settings,
            policy=policy,
            doors=Doors(config.relay_socket, ReachableMeetings(meetings, selling.entitlements, groups)),
            nursery=nursery,
            prompts=prompts,
            dial_outs=DialOuts(settings.dial_out, MonthlyBook(Spending(database))),
        )
    )
    transport = Transport(
        Options(
            bind=config.sip_bind,
            port=config.sip_port,
            advertised=settings.address,
            certificate=settings.tls_certificate,
            key=settings.tls_key,
        ),
        upstreams=settings.trunks,
    )
    agent = gateway.agent = Agent(transport, settings, gateway.take)
    questions = Questions(gateway, agent)
    control = Control(config.sip_socket, {"status": questions.status, "dial": questions.dial})
    nursery.start()
    beat = asyncio.create_task(gateway.run())
    greeting = asyncio.create_task(_greet_by_name(prompts, recordings, config.operator_name))
    try:
        await agent.start()
        await control.open()
        runtime.calm_collector()  # so that a collection after each call looks at calls alone
        log.info("the telephone gateway is up", port=config.sip_port)
        await runtime.end_of_service()
    finally:
        await control.close()
        await gateway.close()
        await agent.close()
        for task in (beat, greeting):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        nursery.close()
        log.info("the telephone gateway has ended")


def main() -> int:
    """Run the process; returns its exit status."""
    try:
        config = Config.from_env()
        logs.configure(config.log_level, "sip")
        settings = load(config)
        policy = versions.policy_of(config, clock.now())
        database = open_database(config, policy)
        try:
            with asyncio.Runner(loop_factory=runtime.event_loop) as runner:
                runner.run(serve(config, settings, policy, database))
        finally:
            database.close()
    except ConfigError as error:
        print(f"The telephone gateway cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
