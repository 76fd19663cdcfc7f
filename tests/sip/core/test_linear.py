"""Readers take time in proportion to what they read.

Nothing is timed here. The inputs are so long that a reader that looks at each place again for each place
before it would need many minutes: the time limit of all tests would end it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from sip.core import sdp
from sip.core.crypto_lines import Crypto
from sip.core.digest import best
from sip.core.headers import Headers
from sip.core.message import MessageError, _read_headers
from sip.core.parsing import params, split_list
from sip.core.uri import NameAddr, Uri
from sip.core.via import CSeq, Via

LENGTH = 300_000
FILLINGS = [
    " ",
    "\t",
    '"',
    "\\",
    "<",
    ">",
    ",",
    ";",
    "=",
    "0",
    "a",
    ":",
    "%",
    "[",
    "a,",
    '"a"',
    "<a>",
    ";a=b",
    '\\"',
    "/ ",
]


def headers(text: str) -> None:
    _read_headers(f"X: a{text}b\r\n c\r\nY: {text}".encode(), Headers())


def folds(text: str) -> None:
    _read_headers(("X: a" + f"\r\n {text[:3]}" * 60_000).encode(), Headers())


def descriptions(text: str) -> None:
    for line in (
        f"m={text}",
        f"m=audio 1 RTP/AVP 0{text}x",
        f"c=IN IP4 {text}",
        f"o={text}",
        f"a={text}",
        text,
    ):
        with suppress(MessageError):
            assert sdp.parse(f"v=0\nm=audio 1 RTP/AVP 0\na=rtpmap:0 {text}\n{line}".encode()).media[0].maps


READERS: list[Callable[[str], object]] = [
    headers,
    folds,
    descriptions,
    split_list,
    params,
    lambda text: NameAddr.parse("a" + text + "a"),
    lambda text: NameAddr.parse('"a' + text),
    lambda text: NameAddr.parse("<sip:a@x>" + text + "a"),
    lambda text: NameAddr.parse(f"<sip:{text}a>"),
    lambda text: Uri.parse(f"sip:a@x;{text}"),
    lambda text: Uri.parse(f"tel:{text}x"),
    lambda text: Via.parse(f"SIP/2.0/UDP {text}a"),
    lambda text: Via.parse(f"SIP{text}"),
    lambda text: CSeq.parse(f"0{text}"),
    lambda text: best([f"Digest {text}"]),
    lambda text: Crypto.parse(f"1 x {text}"),
]


@pytest.mark.parametrize("filling", FILLINGS)
def test_a_long_run_of_anything_is_read_in_one_go(filling: str) -> None:
    text = (filling * LENGTH)[:LENGTH]
    done = 0
    for read in READERS:
        with suppress(MessageError):
            read(text)
        done += 1
    assert done == len(READERS)
