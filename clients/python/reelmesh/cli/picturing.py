"""How pictures are made: from a command's options, or a manifest's row, to what a film asks for."""

from __future__ import annotations

import argparse
import re

from reelmesh.cli.failures import UsageError
from reelmesh.imagegen.v1.imagegen_pb2 import TextCheck
from reelmesh.orchestrator.v1.narrated_video_pb2 import CoverSource, NarratedVideo

COVERS = ("frame", "generated")
TEXT_CHECKS = ("off", "warn", "redo")
_UPSCALE = re.compile(r"([^:\s]{1,100})(?::(\S{1,300}))?")


def add_options(look: argparse._ArgumentGroup) -> None:
    """Adds its options to those of a film's looks."""
    look.add_argument(
        "--text-check",
        choices=TEXT_CHECKS,
        help="lettering in pictures that nobody asked for: off, warn, or redo with another seed; default off",
    )
    look.add_argument(
        "--upscale",
        metavar="ENGINE[:MODEL]",
        help="draw pictures at half the size and enlarge them by this engine: resample, or spandrel:MODEL",
    )
    look.add_argument(
        "--cover",
        choices=COVERS,
        help="cover: the frame of the film that looks best, or a picture of its own with the title on it; "
        "default frame",
    )
    look.add_argument(
        "--cover-prompt", metavar="TEXT", help="what that picture shows; default: the first scene"
    )
    look.add_argument(
        "--cover-title",
        metavar="TEXT",
        help='text on the cover, "" for none; default: the title on a picture',
    )


def describe(video: NarratedVideo, options: argparse.Namespace) -> None:
    """Sets what the options ask for.

    Raises:
        UsageError: they break a rule.
    """
    if options.cover_prompt and options.cover != "generated":
        raise UsageError("--cover-prompt is for a picture of its own: give --cover generated too")
    if options.cover:
        video.cover.source = CoverSource.Value(f"COVER_SOURCE_{options.cover.upper()}")
        video.cover.prompt = options.cover_prompt or video.cover.prompt
    if options.cover_title is not None:
        video.cover.title = options.cover_title
    if options.text_check:
        video.picture.text_check = TextCheck.Value(f"TEXT_CHECK_{options.text_check.upper()}")
    if options.upscale:
        set_upscale(video, options.upscale)


def set_upscale(video: NarratedVideo, choice: str) -> None:
    """Sets "resample" or "spandrel:model" as what enlarges a film's pictures.

    Raises:
        UsageError: it has another form.
    """
    match = _UPSCALE.fullmatch(choice)
    if match is None:
        raise UsageError(f"--upscale {choice}: give ENGINE or ENGINE:MODEL, e.g. resample")
    video.picture.upscale.engine, video.picture.upscale.model = match.group(1), match.group(2) or ""
