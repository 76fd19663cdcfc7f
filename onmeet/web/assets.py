"""Static files under `/static/<tree hash>/…`: cached for ever, each module with its integrity hash.

The hash covers every file, and modules import each other by relative paths, so that a page never mixes two
versions. The files are read once; small text is kept compressed too. They are answered before Flask, because
they need neither session nor language.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup
from werkzeug.wrappers import Request, Response

__all__ = ["Asset", "Assets"]

PREFIX = "/static/"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}

_IMPORT = re.compile(r"""(?:^|[;}\s])(?:import|export)\b[^"'();]*?["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)

_FOREVER = "public, max-age=31536000, immutable"

# A worker obeys the policy of its own response, so scripts of this origin are allowed here.
_POLICY = "default-src 'none'; script-src 'self'; frame-ancestors 'none'"

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, a compressed copy where that pays, and its hashes."""

    path: str
    content: bytes
    compressed: bytes | None
    content_type: str
    integrity: str
    etag: str

    @classmethod
    def read(cls, root: Path, file: Path) -> Asset:
        """Read `file` under `root`."""
        content = file.read_bytes()
        small = gzip.compress(content, 9, mtime=0) if file.suffix in (".css", ".js", ".svg") else content
        digest = hashlib.sha384(content).digest()
        return cls(
            path=file.relative_to(root).as_posix(),
            content=content,
            compressed=small if len(small) < 0.9 * len(content) else None,
            content_type=_TYPES[file.suffix],
            integrity="sha384-" + base64.b64encode(digest).decode(),
            etag=digest.hex()[:24],
        )


class Assets:
    """All static files of a folder, and the tags that refer to them."""

    def __init__(self, root: Path) -> None:
        files = sorted(f for f in root.rglob("*") if f.suffix in _TYPES and f.is_file())
        self._assets = {asset.path: asset for asset in (Asset.read(root, f) for f in files)}
        tree = hashlib.sha256()
        for asset in self._assets.values():
            tree.update(f"{asset.path}\0{asset.etag}\0".encode())
        self.tree = tree.hexdigest()[:12]
        self.root_url = f"{PREFIX}{self.tree}"
        self._imports: dict[str, list[str]] = {}
        modules = (asset for asset in self._assets.values() if asset.path.endswith(".js"))
        self.integrity_map = {f"{self.root_url}/{asset.path}": asset.integrity for asset in modules}
        """Integrity of every module by its address, as an import map wants it."""
        self.import_map = htmlsafe_json_dumps({"integrity": self.integrity_map}, separators=(",", ":"))
        """The import map as it stands in every page."""

    def __iter__(self) -> Iterator[Asset]:
        return iter(self._assets.values())

    def __getitem__(self, path: str) -> Asset:
        return self._assets[path]

    def url(self, path: str) -> str:
        """The address of a file, given its path under `static/`. KeyError when there is none."""
        return f"{self.root_url}/{self._assets[path].path}"

    def module(self, path: str, nonce: str) -> Markup:
        """The script tag of an entry module, with preloads of everything it imports."""
        preload = Markup('<link rel="modulepreload" href="{}" integrity="{}" nonce="{}">')
        entry = Markup('<script type="module" src="{}" integrity="{}" nonce="{}"></script>')
        tags = [preload.format(self.url(p), self[p].integrity, nonce) for p in self.imports(path)]
        tags.append(entry.format(self.url(path), self[path].integrity, nonce))
        return Markup("\n  ").join(tags)

    def imports(self, path: str) -> list[str]:
        """Every module that `path` imports statically, directly or not, in the order found."""
        if path not in self._imports:
            self._imports[path] = self._found(path)
        return self._imports[path]

    def _found(self, path: str) -> list[str]:
        found: dict[str, None] = {}
        queue = [path]
        while queue:
            current = queue.pop(0)
            for name in _IMPORT.findall(self[current].content.decode()):
                target = posixpath.normpath(posixpath.join(posixpath.dirname(current), name))
                if target in self._assets and target not in found and target != path:
                    found[target] = None
                    queue.append(target)
        return list(found)

    def in_front_of(self, app: WSGI) -> WSGI:
        """`app` with these files in front of it."""

        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            if not environ.get("PATH_INFO", "").startswith(PREFIX):
                return app(environ, start_response)
            return self.respond(Request(environ))(environ, start_response)

        return answer

    def respond(self, request: Request) -> Response:
        """The answer to a request below `/static/`."""
        tree, _, path = request.path.removeprefix(PREFIX).partition("/")
        asset = self._assets.get(path)
        if asset is None:
            return _dressed(Response("Not found\n", 404, mimetype="text/plain"), "no-store")
        if request.method not in ("GET", "HEAD"):
            return _dressed(Response("", 405, {"Allow": "GET, HEAD"}), "no-store")
        response = _body(asset, request.accept_encodings.quality("gzip") > 0)
        # A page from before an update asks for its own tree: integrity decides whether the file still fits.
        _dressed(response, _FOREVER if tree == self.tree else "no-cache")
        response.set_etag(asset.etag)
        return response.make_conditional(request)


def _body(asset: Asset, gzip_accepted: bool) -> Response:
    if gzip_accepted and asset.compressed is not None:
        response = Response(asset.compressed, content_type=asset.content_type)
        response.content_encoding = "gzip"
    else:
        response = Response(asset.content, content_type=asset.content_type)
    if asset.compressed is not None:
        response.vary.add("Accept-Encoding")
    return response


def _dressed(response: Response, caching: str) -> Response:
    response.headers["Cache-Control"] = caching
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
