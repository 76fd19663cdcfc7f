"""`python -m bench`: lists the benchmarks; `python -m bench NAME …` runs one."""

from __future__ import annotations

import argparse
import importlib
import sys

BENCHMARKS = {
    "relay": "CPU per forwarded packet, added latency, memory; with --janus beside Debian's Janus",
    "loss": "5 % random loss both ways: frames kept, longest gap in sound",
    "churn": "500 joins and leaves in a row: what is left of them",
    "callers": "CPU of a meeting with 1, 10 and 25 telephone callers; gaps between packets",
    "phone": "calls a second, set-up, memory; from Admit to sound, from hang-up to new keys, signal to noise",
    "gate": "bulk insert of 10,000 records with the privacy gate, against the same without it",
    "lighthouse": "landing, sign-in, plans and privacy notice as Lighthouse 12 judges them",
    "pages": "the signed-in list of 100 meetings at 20 requests a second, beside the smallest page",
    "join": "from opening a link to the first remote frame, in Chromium",
    "sweep": "1,000,000 rows that are due: longest lock, waiting of others, memory; --rows, --postgres",
    "recover": "the relay is killed in a meeting of three Chromium pages: time until all see all again",
}


def main() -> int:
    """Parse the command line and run a benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    commands = parser.add_subparsers(dest="name", metavar="NAME")
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    for name, text in BENCHMARKS.items():
        command = commands.add_parser(name, help=text.replace("%", "%%"), description=text.replace("%", "%%"))
        if name == wanted:  # only the chosen one is imported: each needs other libraries
            module = importlib.import_module(f"bench.{name}")
            module.arguments(command)
            command.set_defaults(run=module.main)
    options = parser.parse_args()
    if options.name is None:
        parser.print_help()
        return 0
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
