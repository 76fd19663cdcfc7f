"""Where a key stands in a TOML file: `tomllib` gives values without line numbers.

The reader has parsed the text before, so this only has to find its way in valid TOML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["Lines"]

_HIDDEN = re.compile(
    r"""  \"\"\" (?: \\. | [^\\] )*? \"\"\"  |  ''' .*? '''      # strings over several lines
       |  " (?: \\. | [^"\\\n] )* "  |  ' [^'\n]* '          # strings on one line
       |  \# [^\n]*                                          # comments
    """,
    re.VERBOSE | re.DOTALL,
)
_INSIDE = "\0"
"""Stands at the start of a line on which a text goes on."""

_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\"' -]+?)\s*\]")
_KEY = re.compile(r"\s*([\w.\"'-]+)\s*=")


@dataclass(frozen=True, slots=True)
class Lines:
    """Line numbers, from 1, by (table, number of the table in its array, key)."""

    known: dict[tuple[str, int, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Lines:
        """Walk through `text` once."""
        known: dict[tuple[str, int, str], int] = {}
        seen: dict[str, int] = {}
        table, index, depth = "", 0, 0
        hidden = _HIDDEN.sub(_blank, text)
        for number, (line, bare) in enumerate(zip(text.split("\n"), hidden.split("\n"), strict=True), 1):
            fresh = depth == 0 and not bare.startswith(_INSIDE)
            if fresh and (header := _HEADER.match(line)):
                table = _plain(header[2])
                index = seen.get(table, 0)
                seen[table] = index + 1
                known.setdefault((table, index, ""), number)
            elif fresh and (key := _KEY.match(line)):
                name = _plain(key[1])
                known.setdefault((table, index, name), number)
                first, dot, rest = name.partition(".")
                if dot and not table:  # controller.name = "…"
                    known.setdefault((first, 0, rest), number)
            depth = max(0, depth + sum(map(bare.count, "[{")) - sum(map(bare.count, "]}")))
        return cls(known)

    def line(self, table: str, index: int = 0, key: str = "") -> int:
        """Where a key or a table of that name stands; else the table that it belongs to; else 1."""
        named = (key, 0, "") if key and not table else (table, index, "")
        for place in ((table, index, key), named, ("", 0, table)):
            if place in self.known:
                return self.known[place]
        return 1


def _blank(match: re.Match[str]) -> str:
    """As many lines without anything that could be taken for structure; those within a text are marked."""
    return ("\n" + _INSIDE).join(" " for _ in match[0].split("\n"))


def _plain(name: str) -> str:
    return name.replace('"', "").replace("'", "").replace(" ", "")
