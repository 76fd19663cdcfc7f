"""A picture of somebody, made small and plain: of the file that was sent nothing is kept but how it looks."""

from __future__ import annotations

import io

__all__ = ["MAX_BYTES", "SIDE", "NotAPicture", "portrait"]

SIDE = 256
"""Pixels of the square that is kept."""

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 40_000_000
"""More than that is refused before it is unpacked: a small file may unfold to gigabytes."""

_FORMATS = ("JPEG", "PNG", "WEBP")


class NotAPicture(Exception):
    """Not a JPEG, PNG or WebP picture, damaged, or too big."""


def portrait(data: bytes) -> bytes:
    """The middle of a picture as WebP, 256 × 256 pixels, without metadata. Raises `NotAPicture`.

    Place, time and camera, which pictures carry along, are gone, and so is whatever else hides in a file.
    """
    from PIL import Image, ImageOps  # 9 MB that most processes never need

    if len(data) > MAX_BYTES:
        raise NotAPicture
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as sent:
            if sent.width * sent.height > MAX_PIXELS:
                raise NotAPicture
            sent.draft("RGB", (2 * SIDE, 2 * SIDE))  # JPEG only: unpack no more than is needed
            upright = ImageOps.exif_transpose(sent).convert("RGBA")
            square = ImageOps.fit(upright, (SIDE, SIDE))
            plain = Image.new("RGB", square.size, "white")
            plain.paste(square, mask=square.getchannel("A"))
            made = io.BytesIO()
            plain.save(made, "WEBP", quality=82, method=4)
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError) as error:
        raise NotAPicture from error
    return made.getvalue()
