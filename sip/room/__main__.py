"""`python -m sip.room DESCRIPTOR PARENT`: the nursery, started by `sip.room.nursery`."""

import socket
import sys

from sip.room.forking import serve
from sip.room.process import run, warm

with socket.socket(fileno=int(sys.argv[1])) as control:
    serve(control, int(sys.argv[2]), run, warm)
