"""The command line's parser, and what its commands share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from reelmesh.cli.failures import EXIT_CODES


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, and where help is."""

    def error(self, message: str) -> NoReturn:
        """Ends with exit code 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def common_options() -> argparse.ArgumentParser:
    """What every command takes."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="write JSON for scripts, one object a line")
    common.add_argument("--quiet", "-q", action="store_true", help="write nothing but the outcome")
    return common


def add_command(
    commands: argparse._SubParsersAction[Parser],
    name: str,
    parents: Sequence[argparse.ArgumentParser],
    text: str,
) -> argparse.ArgumentParser:
    """A command with the options of its parents; `text` is its help, whose first sentence is listed."""
    return commands.add_parser(
        name,
        parents=[*parents],  # type: ignore[list-item]  # the stub wants them of the parser's own class
        help=text[0].lower() + text[1:].split(". ")[0].rstrip("."),
        description=text,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def owner_option() -> argparse.ArgumentParser:
    """What every command about jobs takes."""
    owner = argparse.ArgumentParser(add_help=False)
    owner.add_argument("--owner", default="", metavar="NAME", help="on whose behalf; default: local")
    return owner
