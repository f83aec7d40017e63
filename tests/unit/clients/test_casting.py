"""Characters and stock clips on the command line and in manifests."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelmesh.cli import casting, manifest, wanted
from reelmesh.cli.arguments import parser
from reelmesh.cli.casting import Character
from reelmesh.cli.failures import UsageError
from reelmesh.common.v1.asset_pb2 import Asset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fox.txt").write_text("Mira met a fox.")
    (tmp_path / "mira.png").write_bytes(b"\x89PNG")
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in ("b.mp4", "a.MOV", "c.txt", ".d.mp4"):
        (clips / name).write_bytes(b"clip")
    (clips / "folder.mp4").mkdir()
    (tmp_path / "empty").mkdir()
    return tmp_path


def options(*arguments: str | Path, command: str = "submit") -> Namespace:
    return parser().parse_args([command, *map(str, arguments)])


class Store:
    """Gives a name to what is uploaded."""

    async def upload(self, path: str) -> Asset:
        """An asset that tells its path."""
        return Asset(digest=Path(path).name)


@pytest.mark.parametrize("command", ["make", "submit", "explain"])
async def test_characters_and_clips_reach_the_film(folder: Path, command: str) -> None:
    given = options(
        folder / "fox.txt",
        *("--character", "Mira = a girl of nine; in a coat"),
        *("--character", f"Mira=@{folder / 'mira.png'}"),
        *("--character", "狐狸=红色的=狐狸"),
        *("--stock", folder / "clips", "--stock-share", "0.25"),
        command=command,
    )
    spec = wanted.draft(given)
    video = spec.narrated_video
    assert [(one.name, one.description) for one in video.characters] == [
        ("Mira", "a girl of nine; in a coat"),
        ("狐狸", "红色的=狐狸"),
    ]
    assert video.stock_share == 0.25
    await wanted.attach(Store(), spec, given)
    assert video.characters[0].reference_image.digest == "mira.png"
    assert not video.characters[1].HasField("reference_image")
    assert [clip.digest for clip in video.stock_clips] == ["a.MOV", "b.mp4"]


def test_a_job_s_own_characters_are_kept(folder: Path) -> None:
    job = folder / "job.json"
    job.write_text(
        '{"text": "Mira ran.", "characters": [{"name": "Mira", "aliases": ["she"]}, {"name": "Rex"}]}'
    )
    video = wanted.draft(options(job, "--character", "Mira=a girl")).narrated_video
    assert [one.name for one in video.characters] == ["Mira", "Rex"]
    assert (video.characters[0].description, list(video.characters[0].aliases)) == ("a girl", ["she"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--character", "Mira"], "--character Mira: must be NAME=DESCRIPTION or NAME=@PICTURE"),
        (["--character", "=a girl"], "--character =a girl: must be NAME=DESCRIPTION"),
        (["--character", "Mira=@"], "--character Mira=@: must be NAME=DESCRIPTION"),
        (["--character", "Mira=@none.png"], "--character Mira=@none.png: no such file or directory"),
        (["--stock", "none", "--stock-share", "0.5"], "--stock none: no such file or directory"),
        (["--stock", "{folder}/empty", "--stock-share", "0.5"], "there is no clip in it (.mp4,"),
        (["--stock", "{folder}/clips"], "--stock needs --stock-share X"),
        (
            ["--stock", "{folder}/clips", "--stock-share", "3"],
            "--stock-share 3: must be a number from 0 to 1",
        ),
        (["--stock-share", "0.5"], "--stock-share needs --stock FOLDER"),
    ],
)
def test_what_is_wrong_names_its_flag(folder: Path, arguments: list[str], told: str) -> None:
    given = [argument.replace("{folder}", str(folder)) for argument in arguments]
    with pytest.raises(UsageError) as refused:
        wanted.draft(options(folder / "fox.txt", *given))
    assert told in str(refused.value)


def test_a_step_graph_has_no_characters(folder: Path) -> None:
    (folder / "graph.json").write_text('{"steps": [{"id": "speak", "synthesize": {"text": "hello"}}]}')
    with pytest.raises(UsageError, match=r"--character, --stock, .* are for stories"):
        wanted.draft(options(folder / "graph.json", "--character", "A=b"))


async def test_a_manifest_has_them_for_each_row(folder: Path) -> None:
    table = folder / "all.csv"
    table.write_text(
        "story,character,stock,stock_share\n"
        "fox.txt,Mira=a girl; in a coat; Mira=@mira.png; Rex=a dog,clips,0.5\n"
        "fox.txt,,,\n"
    )
    rows = folder / "all.jsonl"
    rows.write_text(
        "\n".join(
            json.dumps(row)
            for row in (
                {"story": "fox.txt", "character": {"Mira": "a queen", "Rex": "@mira.png"}},
                {
                    "story": "fox.txt",
                    "character": ["Mira=a boy", "Ada=a cat"],
                    "Stock-Share": 0.75,
                    "stock": "clips",
                },
            )
        )
    )
    stories, refused = manifest.read(options(table, rows, "--character", "Mira=a witch"))
    assert refused == []
    told = [
        [(one.name, one.description) for one in story.spec.narrated_video.characters] for story in stories
    ]
    assert told == [
        [("Mira", "a girl; in a coat"), ("Rex", "a dog")],
        [("Mira", "a witch")],
        [("Mira", "a queen"), ("Rex", "")],
        [("Mira", "a boy"), ("Ada", "a cat")],
    ]
    for story in stories:
        await wanted.attach(Store(), story.spec, story.options)
    videos = [story.spec.narrated_video for story in stories]
    assert [len(video.stock_clips) for video in videos] == [2, 0, 0, 2]
    assert [video.stock_share for video in videos] == [0.5, 0, 0, 0.75]
    assert videos[0].characters[0].reference_image.digest == "mira.png"
    assert videos[2].characters[1].reference_image.digest == "mira.png"


def test_rows_that_are_wrong_are_refused_by_column(folder: Path) -> None:
    table = folder / "all.csv"
    table.write_text(
        "text,character,stock,stock_share\n"
        "x,Mira,,\n"
        "x,Mira=@none.png,,\n"
        "x,,none,0.5\n"
        "x,,empty,0.5\n"
        "x,,clips,\n"
        "x,,,0.5\n"
        "x,,clips,7\n"
    )
    stories, refused = manifest.read(options(table))
    assert stories == []
    assert [one.field for one in refused] == [
        *("character", "character", "stock", "stock", "stock", "stock_share", "stock_share")
    ]


@given(
    st.lists(
        st.tuples(st.sampled_from(["Mira", "小红", "A b"]), st.sampled_from(["a girl", "红; 色", "@x"])),
        min_size=1,
    )
)
def test_a_cell_holds_many_characters(told: list[tuple[str, str]]) -> None:
    cell = "; ".join(f"{name}={looks}" for name, looks in told)
    read = [Character.read(one) for one in casting.in_one_cell(cell)]
    assert [(one.name, one.description or f"@{one.picture}") for one in read] == told
