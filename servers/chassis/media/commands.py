"""Command lines of ffmpeg: which one is run, and how its inputs are confined.

Apart from `servers.chassis.media.ffmpeg`, which runs them in a server, so that a worker that feeds an ffmpeg
of its own need not hold gRPC.
"""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from servers.chassis.redaction import without_paths

QUIET = ("-nostdin", "-hide_banner", "-nostats", "-loglevel", "warning")
CONFINED = ("-protocol_whitelist", "file,pipe")
"""Stands before every input."""

VARIABLE = "REELMESH_FFMPEG"
REMEDY = f'pip install "reelmesh[mesh]", or set {VARIABLE} to an ffmpeg'


@functools.cache
def executable() -> str:
    """Path of the ffmpeg to use: `REELMESH_FFMPEG` where that is set, else the one that came as a wheel.

    Raises:
        FailedPrecondition: there is none.
    """
    if named := os.environ.get(VARIABLE):
        return named
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise _lacking("there is no ffmpeg") from error


@functools.cache
def version() -> str:
    """Version of ffmpeg as it names itself, e.g. "n9.0.2-17-g2a571b6068". Asked once.

    Raises:
        FailedPrecondition: there is none, or it does not start.
    """
    try:
        said = subprocess.run([executable(), "-version"], capture_output=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise _lacking("ffmpeg does not start") from error
    return said.stdout.decode(errors="replace").split()[2]


@functools.cache
def encoders() -> frozenset[str]:
    """Names of the encoders that this ffmpeg was built with. Asked once.

    Raises:
        FailedPrecondition: there is none, or it does not start.
    """
    listing = [executable(), "-hide_banner", "-encoders"]
    try:
        said = subprocess.run(listing, capture_output=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise _lacking("ffmpeg does not start") from error
    lines = said.stdout.decode(errors="replace").partition(" ------\n")[2].splitlines()
    return frozenset(line.split()[1] for line in lines if len(line.split()) > 1)


def source(path: Path, demuxer: str, *options: str) -> list[str]:
    """Arguments of one input: confined, its format named. `options` are more input options, e.g. "-ss"."""
    return [*CONFINED, "-f", demuxer, *options, "-i", f"file:{path}"]


def command(arguments: Sequence[str]) -> list[str]:
    """The whole command line for arguments that begin with inputs.

    Raises:
        ValueError: an input's format is not named, or it is not confined. That is a fault of the caller.
    """
    options: list[str] = []
    for argument in arguments:
        if argument == "-i":
            if "-f" not in options or CONFINED[0] not in options:
                raise ValueError("every input of ffmpeg is confined and has its format named: see source()")
            options.clear()
        else:
            options.append(argument)
    return [executable(), *QUIET, *arguments]


def ended(code: int, lines: Sequence[str]) -> str:
    """How an ffmpeg ended badly, with the end of its log, for people."""
    how = f"was ended by signal {-code}" if code < 0 else f"failed with code {code}"
    said = without_paths(" | ".join(line for line in lines if line.strip()))
    return f"ffmpeg {how}: {said[-800:] or 'it said nothing'}"


def _lacking(message: str) -> Exception:
    from reelmesh.common.v1.engine_pb2 import MISSING_KIND_PROGRAM, Missing
    from servers.chassis.errors import FailedPrecondition

    lacking = Missing(kind=MISSING_KIND_PROGRAM, name="ffmpeg", remedy=REMEDY)
    return FailedPrecondition(message, missing=[lacking])
