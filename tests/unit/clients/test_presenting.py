"""The presenter, variants and sounds on the command line and in manifests."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from reelmesh.cli import manifest, presenting, wanted
from reelmesh.cli.arguments import parser
from reelmesh.cli.failures import UsageError
from reelmesh.common.v1.asset_pb2 import Asset
from reelmesh.compose.v1 import timeline_pb2 as parts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fox.txt").write_text("A fox.")
    for name in ("face.png", "door.wav"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def options(*arguments: str | Path, command: str = "submit") -> Namespace:
    return parser().parse_args([command, *map(str, arguments)])


class Store:
    """Gives a name to what is uploaded."""

    async def upload(self, path: str) -> Asset:
        """An asset that tells its path."""
        return Asset(digest=Path(path).name)


@pytest.mark.parametrize("command", ["make", "submit", "explain"])
async def test_what_is_asked_reaches_the_film(folder: Path, command: str) -> None:
    given = options(
        folder / "fox.txt",
        *("--presenter", "a woman in blue", "--engine", "presenter=kling:kling-avatar"),
        *("--presenter-shape", "full-screen", "--presenter-at", "top-left", "--presenter-size", "0.4"),
        *("--presenter-when", "0-2.5,7-9", "--presenter-cut-out"),
        *("--variants", "3", "--sound", f"{folder / 'door.wav'}@1.5"),
        command=command,
    )
    spec = wanted.draft(given)
    await wanted.attach(Store(), spec, given)
    video = spec.narrated_video
    assert video.presenter.description == "a woman in blue"
    assert (video.presenter.engine, video.presenter.model) == ("kling", "kling-avatar")
    shown = video.presenter.shown
    assert (shown.shape, shown.anchor) == (parts.AVATAR_SHAPE_FULL_SCREEN, parts.ANCHOR_TOP_LEFT)
    assert shown.size == 0.4
    assert shown.remove_background
    assert [(one.start.ToMilliseconds(), one.end.ToMilliseconds()) for one in shown.ranges] == [
        (0, 2500),
        (7000, 9000),
    ]
    assert video.clip.variants == 3
    (effect,) = video.sound_effects
    assert (effect.audio.digest, effect.at.ToMilliseconds()) == ("door.wav", 1500)


async def test_a_portrait_is_uploaded(folder: Path) -> None:
    given = options(folder / "fox.txt", "--presenter", f"@{folder / 'face.png'}", "--presenter-when", "last")
    spec = wanted.draft(given)
    await wanted.attach(Store(), spec, given)
    assert spec.narrated_video.presenter.portrait.digest == "face.png"
    assert spec.narrated_video.presenter.shown.span == parts.AVATAR_SPAN_LAST_SCENE


def test_a_time_may_be_open(folder: Path) -> None:
    video = wanted.draft(
        options(folder / "fox.txt", "--presenter", "x", "--presenter-when", "4-")
    ).narrated_video
    assert video.presenter.shown.start.seconds == 4
    assert not video.presenter.shown.HasField("end")
    assert not video.presenter.shown.ranges


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--presenter-shape", "round"), "--presenter-shape needs --presenter LOOKS"),
        (("--presenter", "@nobody.png"), "--presenter @nobody.png: no such file"),
        (
            ("--presenter", "x", "--presenter-when", "5-2"),
            "--presenter-when 5-2: give first, last or seconds",
        ),
        (("--presenter", "x", "--presenter-when", "1-,4-5"), "only a time that stands alone may be open"),
        (("--sound", "door.wav"), "--sound door.wav: give FILE@SECONDS"),
        (("--sound", "nowhere.wav@1"), "--sound nowhere.wav@1: no such file"),
    ],
)
def test_what_is_wrong_is_told_by_its_option(folder: Path, arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        wanted.draft(options(folder / "fox.txt", *arguments))


def test_nobody_is_asked_for_by_default(folder: Path) -> None:
    assert not wanted.draft(options(folder / "fox.txt")).narrated_video.HasField("presenter")


async def test_a_manifest_has_one_for_each_row(folder: Path) -> None:
    table = folder / "all.csv"
    table.write_text(
        "story,presenter,presenter_shape,presenter_when,variants\n"
        "fox.txt,@face.png,round,first,2\n"
        "fox.txt,a man,,,\n"
        "fox.txt,@none.png,,,\n"
        "fox.txt,a man,oval,,\n"
    )
    stories, refused = manifest.read(options(table))
    one, two = (story.spec.narrated_video for story in stories)
    assert presenting.portrait_of(stories[0].options) == str(folder / "face.png")
    assert (one.presenter.shown.shape, one.clip.variants) == (parts.AVATAR_SHAPE_ROUND, 2)
    assert two.presenter.description == "a man"
    assert [(one.field, one.rule.partition(":")[0]) for one in refused] == [
        ("presenter", "there is no such file"),
        ("presenter_shape", "must be one of rectangle, square, round, full-screen"),
    ]
