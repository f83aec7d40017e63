"""The options of the commands about paid providers."""

from __future__ import annotations

import argparse


def add_options(
    providers: argparse.ArgumentParser, spending: argparse.ArgumentParser, resolve: argparse.ArgumentParser
) -> None:
    """Adds them to the commands of these names."""
    providers.add_argument(
        "--test", default="", metavar="NAME", help="ask this one whether it could serve now"
    )
    providers.add_argument("--events", action="store_true", help="list what happened to them instead")
    spending.add_argument("--provider", default="", metavar="NAME", help="only of this provider")
    spending.add_argument("--csv", action="store_true", help="write each attempt as a row of CSV")
    resolve.add_argument(
        "step",
        metavar="STEP",
        nargs="?",
        default="",
        help='e.g. "animate[2]"; default: all that are in doubt',
    )
    what = resolve.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="ask again what became of it; starts no paid work")
    what.add_argument("--give-up", action="store_true", help="let the step fail")
    what.add_argument(
        "--resubmit", action="store_true", help="start it anew, and accept that it may be paid twice"
    )
