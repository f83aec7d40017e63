"""The presenter and sound effects: from a command's options, or a manifest's row, to what a film asks for."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from reelmesh.cli.failures import UsageError
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.orchestrator.v1.narrated_video_pb2 import NarratedVideo

SHAPES = ("rectangle", "square", "round", "full-screen")
PLACES = ("top-left", "top-right", "bottom-left", "bottom-right", "center")
FILE_MARK = "@"
_SPANS = {"first": parts.AVATAR_SPAN_FIRST_SCENE, "last": parts.AVATAR_SPAN_LAST_SCENE}
_RANGE = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)?")
_SOUND = re.compile(r"(.+)@(\d+(?:\.\d+)?)")


def add_options(film: argparse.ArgumentParser) -> None:
    """The options of a presenter, for `make`, `submit` and `explain`."""
    group = film.add_argument_group("who presents it")
    group.add_argument(
        "--presenter",
        default="",
        metavar="LOOKS",
        help="a talking head that speaks the narration: what it looks like, or @FILE, a portrait; "
        "by --engine presenter=NAME, default: built in, costs nothing",
    )
    group.add_argument("--presenter-shape", choices=SHAPES, help="default rectangle")
    group.add_argument("--presenter-at", choices=PLACES, help="default bottom-right")
    group.add_argument(
        "--presenter-size", type=float, metavar="SHARE", help="of the frame's width, 0.05 to 1; default 0.3"
    )
    group.add_argument(
        "--presenter-when",
        default="",
        metavar="WHEN",
        help="first or last (scene), or seconds of the film: 0-5,20-30 or 4-; default: always",
    )
    group.add_argument(
        "--presenter-cut-out", action="store_true", help="take the portrait's plain ground away"
    )


def describe(video: NarratedVideo, options: argparse.Namespace) -> None:
    """Sets what the options ask of a presenter; a portrait is still to be uploaded.

    Raises:
        UsageError: an option breaks a rule.
    """
    details = ("shape", "at", "size", "when", "cut_out")
    if not options.presenter:
        given = [name for name in details if getattr(options, f"presenter_{name}")]
        if given and not video.HasField("presenter"):
            flag = given[0].replace("_", "-")
            raise UsageError(f"--presenter-{flag} needs --presenter LOOKS")
    elif portrait_of(options):
        try:
            Path(portrait_of(options)).open("rb").close()
        except (OSError, ValueError) as error:
            reason = (getattr(error, "strerror", "") or str(error)).lower()
            raise UsageError(f"--presenter {options.presenter}: {reason}") from None
        video.presenter.ClearField("description")
    else:
        video.presenter.ClearField("portrait")
        video.presenter.description = options.presenter
    _place(video, options)


def _place(video: NarratedVideo, options: argparse.Namespace) -> None:
    if options.presenter_shape:
        name = options.presenter_shape.upper().replace("-", "_")
        video.presenter.shown.shape = parts.AvatarShape.Value(f"AVATAR_SHAPE_{name}")
    if options.presenter_at:
        name = options.presenter_at.upper().replace("-", "_")
        video.presenter.shown.anchor = parts.Anchor.Value(f"ANCHOR_{name}")
    if options.presenter_size is not None:
        video.presenter.shown.size = options.presenter_size
    if options.presenter_cut_out:
        video.presenter.shown.remove_background = True
    if options.presenter_when in _SPANS:
        video.presenter.shown.span = _SPANS[options.presenter_when]
    elif options.presenter_when:
        _set_times(video.presenter.shown, times(options.presenter_when))


def times(text: str) -> list[tuple[float, float | None]]:
    """The times of "0-5,20-30": (from, to), seconds; to is None for "4-", until the end.

    Raises:
        UsageError: it has another form.
    """
    found: list[tuple[float, float | None]] = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None or (match[2] and float(match[2]) <= float(match[1])):
            raise UsageError(f"--presenter-when {text}: give first, last or seconds such as 0-5,20-30 or 4-")
        found.append((float(match[1]), float(match[2]) if match[2] else None))
    if len(found) > 1 and any(end is None for _, end in found):
        raise UsageError(f"--presenter-when {text}: only a time that stands alone may be open")
    return found


def _set_times(shown: parts.Avatar, given: Sequence[tuple[float, float | None]]) -> None:
    for start, end in given:
        span: parts.Avatar | parts.TimeRange = shown if end is None else shown.ranges.add()
        span.start.FromNanoseconds(round(start * 1e9))
        if end is not None:
            span.end.FromNanoseconds(round(end * 1e9))


def portrait_of(options: argparse.Namespace) -> str:
    """The file that `--presenter` names; empty where it describes somebody."""
    given: str = options.presenter
    return given[len(FILE_MARK) :] if given.startswith(FILE_MARK) else ""


def sounds(texts: Sequence[str]) -> list[tuple[str, float]]:
    """What `--sound` says, (file, second) of each.

    Raises:
        UsageError: one has another form, or its file can not be read.
    """
    found = []
    for text in texts:
        match = _SOUND.fullmatch(text)
        if match is None:
            raise UsageError(f"--sound {text}: give FILE@SECONDS, e.g. door.wav@12.5")
        try:
            Path(match[1]).open("rb").close()
        except (OSError, ValueError) as error:
            reason = (getattr(error, "strerror", "") or str(error)).lower()
            raise UsageError(f"--sound {text}: {reason}") from None
        found.append((match[1], float(match[2])))
    return found
