"""Redis as an auditor sees it: every key has a declared prefix, and no value holds what must be gone."""

from __future__ import annotations

from collections.abc import Iterator

from redis import Redis
from redis.exceptions import RedisError

from onmeet.notices import outlets
from onmeet.notices.audit.canary import Canaries
from onmeet.notices.audit.report import Finding, Sighting

__all__ = ["STORE", "look"]

STORE = "redis"

_REMEDY = "nobody says why this key is here: delete it, or declare its prefix in onmeet.notices.outlets"


def look(url: str, canaries: Canaries) -> Iterator[Finding | Sighting]:
    """Every key, and every value as Redis itself would write it to its file."""
    client = Redis.from_url(url, socket_timeout=10)
    try:
        for key in client.scan_iter(count=1000):
            name = key.decode("utf-8", "replace")
            if outlets.unknown_key(name):
                yield Finding("not declared", STORE, name.partition(":")[0], 1, _REMEDY)
            if canaries.texts:
                for text in sorted(canaries.in_bytes(key) | canaries.in_bytes(client.dump(key) or b"")):
                    yield Sighting(text, STORE, name.partition(":")[0], permitted=False)
    except RedisError:
        yield Finding("not readable", STORE, "REDIS_URL", 1, "see that Redis runs and may be asked")
    finally:
        client.close()
