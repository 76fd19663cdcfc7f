"""The HTML part of a mail, made from its plain text: paragraphs, our links, one button; nothing is loaded.

No image, no font, no style sheet from anywhere, and no address but those that the text has: opening a mail
tells nobody anything.
"""

from __future__ import annotations

import re
from html import escape

__all__ = ["as_html"]

_PAGE = (
    '<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width">\n<meta name="color-scheme" content="light dark">\n'
    '</head>\n<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif">\n'
    '<div style="max-width:36em;margin:0 auto">\n{body}\n</div>\n</body>\n</html>\n'
)
_BUTTON = (
    "display:inline-block;padding:10px 18px;border-radius:8px;background:#1d4ed8;color:#ffffff;"
    "text-decoration:none;font-weight:600"
)
_SMALL = "font-size:13px;word-break:break-all"

_BREAK = re.compile(r"\n{2,}")


def as_html(text: str, language: str, base_url: str, action: str = "") -> str:
    """A whole page for the text of a mail. Lines that are an address below `base_url` become links.

    action: the words on the first link's button; without them it is shown as its address.
    """
    pieces: list[str] = []
    for paragraph in _BREAK.split(text.strip("\n")):
        lines: list[str] = []
        for line in paragraph.split("\n"):
            if _is_ours(line, base_url):
                pieces += _paragraph(lines)
                lines = []
                pieces += _link(line, action)
                action = ""
            else:
                lines.append(escape(line))
        pieces += _paragraph(lines)
    return _PAGE.format(language=escape(language), body="\n".join(pieces))


def _is_ours(line: str, base_url: str) -> bool:
    return line.startswith(f"{base_url}/") and not any(c.isspace() for c in line)


def _paragraph(lines: list[str]) -> list[str]:
    return [f"<p>{'<br>'.join(lines)}</p>"] if any(lines) else []


def _link(address: str, action: str) -> list[str]:
    where = escape(address)
    plain = f'<p style="{_SMALL}"><a href="{where}">{where}</a></p>'
    if not action:
        return [plain]
    return [f'<p><a href="{where}" style="{_BUTTON}">{escape(action)}</a></p>', plain]
