"""The relay as an attacker would run it: it writes down every RTP packet, SRTP already opened.

`python -m tests.browser.capturing_relay`; the packets go to the file named by CAPTURE_FILE, each
after its length (u32). The product itself has no such setting.
"""

from __future__ import annotations

import functools
import os
import struct
import sys

from onmeet.relay import __main__ as relay
from onmeet.relay.settings import MediaSettings


def main() -> int:
    """Run the real relay with a capture."""
    with open(os.environ["CAPTURE_FILE"], "ab", buffering=0) as file:

        def capture(packet: bytes) -> None:
            file.write(struct.pack("!I", len(packet)) + packet)

        vars(relay)["MediaSettings"] = functools.partial(MediaSettings, capture=capture)
        return relay.main()


if __name__ == "__main__":
    sys.exit(main())
