"""The commands about the mesh itself, and their options."""

from __future__ import annotations

import argparse
from pathlib import Path

from reelmesh.cli.parsing import Parser, add_command


def add_commands(commands: argparse._SubParsersAction[Parser], common: argparse.ArgumentParser) -> None:
    """Adds them."""
    up = add_command(commands, "up", [common], "Start the mesh and keep it running until Ctrl-C.")
    up.add_argument("--only", default="", metavar="NAMES", help="only these servers, e.g. tts,storage")
    up.add_argument(
        "--tcp", action="store_true", help="listen on free ports of this machine, not on unix sockets"
    )
    up.add_argument("--config", type=Path, metavar="FILE", help="a settings file over the usual ones")
    up.add_argument("--log-level", choices=("debug", "info", "warning", "error"), default="")
    engines = add_command(
        commands, "engines", [common], "List the engines: what is there, what is missing, how to get it."
    )
    engines.add_argument("--voices", action="store_true", help="list the voices in place of the engines")
    engines.add_argument("--lang", default="", metavar="TAG", help="only voices of this language")
    engines.add_argument(
        "--gender", default="", choices=("female", "male", "neutral"), help="only voices of this gender"
    )
    engines.add_argument("--engine", default="", metavar="NAME", help="only voices of this engine")
    engines.add_argument("--samples", type=Path, metavar="FOLDER", help="have each of them speak into a file")
    engines.add_argument("--text", default="", metavar="TEXT", help="what they say there")
    metrics = add_command(
        commands, "metrics", [common], "Write what the mesh does in numbers, as Prometheus reads them."
    )
    metrics.add_argument(
        "--listen", default="", metavar="HOST:PORT", help="serve them there, at /metrics, until Ctrl-C"
    )
    add_command(commands, "doctor", [common], "Check what reelmesh needs on this machine, and the mesh.")
    config = add_command(
        commands, "config", [common], "Settings: `init` prints a file with all of them, `check` finds faults."
    )
    config.add_argument("action", choices=("init", "check"))
    config.add_argument("--config", type=Path, metavar="FILE", help="check this file too")
    add_command(commands, "version", [common], "Print the version.")
