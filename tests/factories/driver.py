"""What a database driver really receives: statements and values, below SQLAlchemy and all code of ours."""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy import Engine, event

__all__ = ["Wiretap"]


class Wiretap:
    """Records everything that the connections of an engine are given from now on."""

    def __init__(self, engine: Engine) -> None:
        self.heard: list[str] = []
        engine.dispose()  # connections made before were not tapped
        event.listen(engine, "connect", self._tap)

    def text(self) -> str:
        """All of it."""
        return "\n".join(self.heard)

    def _tap(self, connection: Any, _record: Any) -> None:
        if isinstance(connection, psycopg.Connection):
            connection.cursor_factory = self._cursors()
        else:
            connection.set_trace_callback(self.heard.append)  # SQLite's own words, values in their places

    def _cursors(self) -> type[psycopg.Cursor[Any]]:
        heard = self.heard

        class Tapped(psycopg.Cursor[Any]):
            def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
                heard.append(f"{query} {_spell(params)}")
                return super().execute(query, params, **options)

            def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
                rows = list(params_seq)
                heard.extend(f"{query} {_spell(row)}" for row in rows)
                super().executemany(query, rows, **options)

            def copy(self, statement: Any, *args: Any, **options: Any) -> Any:
                heard.append(str(statement))
                return super().copy(statement, *args, **options)

        return Tapped


def _spell(params: Any) -> str:
    values = params.values() if isinstance(params, dict) else params or ()
    return " ".join(str(value) for value in values)
