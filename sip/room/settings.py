"""What the gateway tells a room process at its start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["RoomSettings"]


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """Settings of all room processes of one gateway; nothing secret.

    relay: the relay's Unix socket. prompts: the operator's folder of recordings. log_level: as
    ONMEET_LOG_LEVEL.
    """

    relay: Path
    prompts: Path | None = None
    log_level: str = "info"

    def to_json(self) -> dict[str, Any]:
        """For the nursery."""
        prompts = str(self.prompts) if self.prompts else None
        return {"relay": str(self.relay), "prompts": prompts, "log_level": self.log_level}

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> RoomSettings:
        """What `to_json` made."""
        prompts = Path(body["prompts"]) if body["prompts"] else None
        return cls(Path(body["relay"]), prompts, str(body["log_level"]))
