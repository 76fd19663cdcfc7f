"""Pictures of oneself: made small, freed of what cameras write, and only where the notice permits them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from onmeet.accounts.pictures import MAX_BYTES, SIDE, NotAPicture, portrait
from tests.factories.house import Visitor

PLACE = "48.8584 N 2.2945 E"


def photo(kind: str = "JPEG", size: tuple[int, int] = (640, 480), turned: int = 1) -> bytes:
    """A picture with its left half red, and with what a camera writes into it."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = PLACE, turned  # ImageDescription, Orientation
    made = io.BytesIO()
    image.save(made, kind, exif=exif)
    return made.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_small_square_without_what_the_camera_wrote(kind: str) -> None:
    sent = photo(kind)
    assert PLACE.encode() in sent
    kept = portrait(sent)
    assert PLACE.encode() not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert (image.format, image.size) == ("WEBP", (SIDE, SIDE))
        assert not image.getexif()
        assert not {"exif", "icc_profile", "xmp"} & set(image.info)


def test_a_picture_taken_sideways_is_put_upright() -> None:
    with Image.open(io.BytesIO(portrait(photo(turned=6)))) as image:  # to be turned clockwise
        top, bottom = image.getpixel((SIDE // 2, 10)), image.getpixel((SIDE // 2, SIDE - 10))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > 50 > top[2]
    assert bottom[2] > 200 > 50 > bottom[0]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        photo()[:400],
        b"GIF89a" + bytes(100),
        photo("PNG", (9000, 5000)),
        bytes(MAX_BYTES + 1),
    ],
    ids=["nothing", "text", "cut off", "another kind", "too many pixels", "too big"],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        portrait(data)


def upload(visitor: Visitor, data: bytes) -> Any:
    fields = {"csrf_token": visitor.token(), "picture-picture": (io.BytesIO(data), "me.jpg")}
    return visitor.client.post("/account/picture", data=fields, content_type="multipart/form-data")


@pytest.mark.promise("N5.2")
def test_a_picture_is_kept_where_the_notice_lists_it(build_house: Any) -> None:
    """A profile picture is kept if its owner uploads one, and deleted when they say so."""
    ada = build_house(notice="3cx-webmeeting").member()
    assert ada.open("/account/picture").status_code == 404
    assert upload(ada, photo()).status_code == 303
    shown = ada.open("/account/picture")
    assert (shown.status_code, shown.mimetype) == (200, "image/webp")
    assert 'src="/account/picture"' in ada.open("/account/details").text
    assert upload(ada, b"no picture").status_code == 422
    assert ada.send("/account/values/picture/delete").status_code == 303
    assert ada.open("/account/picture").status_code == 404


def test_a_big_photograph_passes_and_a_huge_one_does_not(build_house: Any) -> None:
    ada = build_house(notice="3cx-webmeeting").member()
    big = photo() + bytes(3_000_000)  # what follows a JPEG's end is no part of it
    assert upload(ada, big).status_code == 303
    assert upload(ada, bytes(MAX_BYTES + 200_000)).status_code == 413


@pytest.mark.promise("N1.2")
def test_where_the_notice_lists_none_there_is_no_picture(build_house: Any) -> None:
    """Under the strictest notice no picture is asked for and none is taken."""
    ada = build_house().member()
    assert "picture" not in ada.open("/account/details").text
    assert upload(ada, photo()).status_code == 404
