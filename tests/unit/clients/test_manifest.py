"""What `submit` is given becomes stories, and what is wrong is refused by its line, field and rule."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelmesh.cli import manifest, tables
from reelmesh.cli.arguments import parser
from reelmesh.cli.failures import UsageError
from reelmesh.cli.manifest import Story
from reelmesh.imagegen.v1.imagegen_pb2 import TextCheck
from reelmesh.orchestrator.v1.narrated_video_pb2 import CoverSource


def _options(*arguments: str | Path) -> Namespace:
    return parser().parse_args(["submit", *map(str, arguments)])


def _read(*arguments: str | Path) -> tuple[list[Story], list[str]]:
    stories, refused = manifest.read(_options(*arguments))
    return stories, [str(one) for one in refused]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fox.txt").write_text("A fox ran home.")
    (tmp_path / "song.wav").write_bytes(b"RIFF")
    return tmp_path


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_csv_has_settings_for_each_story(folder: Path, mark: str, ends: str) -> None:
    table = folder / "all.csv"
    lines = [
        "story,text,Title,size,lang,voice,speed,style,seed,music,subtitles,name,priority,label.series,Show-Title,"
        "text-check,upscale,cover,cover-prompt,cover-title",
        "fox.txt,,The Fox,square,en,en-gb,1.5,dusk,7,song.wav,soft,fox,9,fables,yes,"
        "redo,spandrel:real,generated,a fox,Fox!",
        "",
        ',"从前，有一只老虎。\n它很饿。",,180x320,zh,,,,,,,,,,,,,,,',
    ]
    table.write_bytes((mark + ends.join(lines)).encode())
    (fox, tiger), refused = _read(table, "--fps", "10", "--label", "by=me")
    assert refused == []
    video = fox.spec.narrated_video
    assert (video.text, video.title, video.language) == ("A fox ran home.", "The Fox", "en")
    assert (video.canvas.width_pixels, video.canvas.frames_per_second, video.show_title) == (1080, 10, True)
    assert (video.voice.voice, video.voice.speed, video.picture.style, video.seed) == (
        "en-gb",
        1.5,
        "dusk",
        7,
    )
    assert video.picture.text_check == TextCheck.TEXT_CHECK_REDO
    assert (video.picture.upscale.engine, video.picture.upscale.model) == ("spandrel", "real")
    assert video.cover.source == CoverSource.COVER_SOURCE_GENERATED
    assert (video.cover.prompt, video.cover.title) == ("a fox", "Fox!")
    assert not tiger.spec.narrated_video.HasField("cover")
    assert (fox.spec.display_name, fox.spec.priority) == ("fox", 9)
    assert dict(fox.spec.labels) == {"series": "fables", "by": "me"}
    assert fox.options.music == str(folder / "song.wav")
    assert tiger.spec.narrated_video.text == "从前，有一只老虎。\n它很饿。"
    assert tiger.spec.narrated_video.canvas.width_pixels == 180
    assert (tiger.spec.display_name, tiger.options.music) == ("", None)
    assert (fox.row, tiger.row) == ("all.csv#1", "all.csv#2")
    assert (fox.place, tiger.place) == (f"{table}:2", f"{table}:4")


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_csv_may_have_the_delimiter_of_its_country(folder: Path, delimiter: str) -> None:
    table = folder / "all.csv"
    table.write_text(f"story{delimiter}title\nfox.txt{delimiter}One, two\n")
    (story,), _ = _read(table)
    assert story.spec.narrated_video.title == "One, two"


def test_bad_rows_are_refused_by_line_and_the_rest_goes_on(folder: Path) -> None:
    table = folder / "all.csv"
    table.write_bytes(
        b"story,text,size,speed,seed,subtitles,music,label.x\n"
        b"fox.txt,,1081x1920,,,,,\n"
        b",,square,,,,,\n"
        b"fox.txt,and a text,,,,,,\n"
        b"none.txt,,,,,,,\n"
        b",A \xff text.,,,,,,\n"
        b',"Two\nlines.",,nan,,,,\n'
        b",Good.,,,,,,\n"
        b",x,,,1.5,,,\n"
        b",x,,,,big,,\n"
        b",x,,,,,nowhere.mp3,\n"
        b",x,,,,,,,,one more\n"
        b',"x" y,,,,,,\n'
        b",Also good.,,0.5,,,,\n"
    )
    stories, refused = _read(table)
    assert [story.spec.narrated_video.text for story in stories] == ["Good.", "Also good."]
    told = [
        "2: size: both sides must be even and between 64 and 4096 pixels",
        "3: story: is missing: give one of story, text, audio",
        "4: text: can not be given together with story",
        f"5: story: there is no such file: {folder / 'none.txt'}",
        "6: text: is not UTF-8 text",
        "7: speed: must be a number from 0.5 to 2",
        "10: seed: must be a whole number from",
        "11: subtitles: must be one of burn, soft, none",
        f"12: music: there is no such file: {folder / 'nowhere.mp3'}",
        "13: has more cells than the 8 columns",
        "14: ',' expected after",
    ]
    assert len(refused) == len(told)
    for got, wanted in zip(refused, told, strict=True):
        assert got.startswith(f"{table}:{wanted}")


def test_a_jsonl_has_an_object_on_each_line(folder: Path) -> None:
    table = folder / "all.jsonl"
    rows: list[object] = [
        {"text": "One.\u2028Two.", "seed": 2**62 + 1, "animate": 0.5, "label": {"a": "b"}, "title": None},
        {"story": "fox.txt", "engine": ["tts=espeak", "image=painter"], "label.c": 3},
        {"text": "x", "seed": True},
        {"text": "x", "label": {"batch": "y"}},
        {"text": ["x"]},
        {"txt": "x"},
        ["x"],
    ]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    lines += ['{"text": "x", "text": "y"}', '{"text": ', '{"text": "\\ud800"}', "[" * 100_000]
    table.write_text("\ufeff" + "\n\n".join(lines), encoding="utf-8")
    stories, refused = _read(table)
    assert [story.row for story in stories] == ["all.jsonl#1", "all.jsonl#2"]
    first, second = (story.spec for story in stories)
    assert (first.narrated_video.text, first.narrated_video.seed) == ("One.\u2028Two.", 2**62 + 1)
    assert (first.narrated_video.clip.animate_share, dict(first.labels)) == (0.5, {"a": "b"})
    assert (second.narrated_video.voice.engine, second.narrated_video.picture.engine) == ("espeak", "painter")
    assert dict(second.labels) == {"c": "3"}
    told = [
        "5: seed: must be a whole number",
        "7: label.batch: is set by the batch itself",
        "9: text: must be text",
        "11: txt: is no setting; did you mean text?",
        "13: must be a JSON object",
        "15: text: is given twice",
        "17: a value is missing or is not JSON (column 10)",
        "19: text: is not UTF-8 text",
        "21: is nested too deeply",
    ]
    assert len(refused) == len(told)
    for got, wanted in zip(refused, told, strict=True):
        assert got.startswith(f"{table}:{wanted}")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"story,tilte\nfox.txt,x\n", ":1: tilte: is no setting; did you mean title?"),
        (b"story,story\nfox.txt,x\n", ":1: story: there are two columns of this name"),
        (b"story\n", ": there is no row in it"),
        (b"", ": there is no row in it"),
        (
            b"\xff\xfes",
            ': is not UTF-8 text: save it as UTF-8 (Excel: "CSV UTF-8"), or name its --encoding, e.g. gbk',
        ),
        (b'text\n"never closed\nand on\n', ":2: a quotation mark is opened and never closed"),
    ],
)
def test_a_manifest_that_is_wrong_as_a_whole_is_refused_once(folder: Path, content: bytes, told: str) -> None:
    table = folder / "all.csv"
    table.write_bytes(content)
    assert _read(table) == ([], [f"{table}{told}"])


EXCEL = "text,title\r\n从前有一只狐狸。,狐狸\r\n"


@pytest.mark.parametrize(
    ("encoding", "options"),
    [
        ("utf-8", ()),
        ("utf-8-sig", ()),
        ("utf-16", ()),
        ("gbk", ("--encoding", "gbk")),
        ("utf-8", ("--encoding", "gbk")),
        ("utf-8-sig", ("--encoding", "gbk")),
    ],
)
def test_a_table_of_a_spreadsheet_is_read_in_its_encoding(
    folder: Path, encoding: str, options: tuple[str, ...]
) -> None:
    (folder / "all.csv").write_bytes(EXCEL.encode(encoding))
    (folder / "狐狸.txt").write_bytes("从前有一只狐狸。".encode(encoding))
    stories, refused = _read(folder / "all.csv", folder / "狐狸.txt", *options)
    assert refused == []
    assert {story.spec.narrated_video.text for story in stories} == {"从前有一只狐狸。"}


def test_what_is_of_another_encoding_is_refused_where_it_stands(folder: Path) -> None:
    table = folder / "all.csv"
    table.write_bytes(b"text,title\nGood.,\n" + EXCEL.encode("gbk").partition(b"\n")[2])
    (folder / "old.txt").write_bytes("狐狸".encode("gbk"))
    stories, refused = _read(table, folder / "old.txt")
    rule = 'is not UTF-8 text: save it as UTF-8 (Excel: "CSV UTF-8"), or name its --encoding, e.g. gbk'
    assert [story.place for story in stories] == [f"{table}:2"]
    assert refused == [f"{table}:3: text: {rule}", f"{folder / 'old.txt'}: story: {rule}"]
    (folder / "names.csv").write_bytes("故事\n狐狸\n".encode("gbk"))
    assert _read(folder / "names.csv")[1] == [f"{folder / 'names.csv'}:1: ????: {rule}"]
    (folder / "bad.txt").write_bytes(b"\xff\xff")
    assert _read(folder / "bad.txt", "--encoding", "gbk")[1] == [
        f"{folder / 'bad.txt'}: story: is neither UTF-8 text nor gbk, which --encoding names"
    ]
    for wrong in ("nonsense", "rot13", "base64", "a\0b"):
        with pytest.raises(UsageError, match="is no encoding; give"):
            _read(table, "--encoding", wrong)


def test_files_and_folders_are_stories_in_the_order_of_their_names(folder: Path) -> None:
    series = folder / "series"
    series.mkdir()
    for name in ("b.md", "a.txt", ".hidden.txt", "c.png", "d.TXT"):
        (series / name).write_text(name)
    (series / "e.txt").mkdir()
    (folder / "nothing").mkdir()
    stories, refused = _read(
        folder / "fox.txt", series, folder / "fox.txt", folder / "none.txt", folder / "nothing"
    )
    assert [story.row for story in stories] == ["fox.txt", "a.txt", "b.md", "d.TXT", "fox.txt (2)"]
    assert [story.spec.display_name for story in stories] == ["fox", "a", "b", "d", "fox"]
    assert refused == [
        f"{folder / 'none.txt'}: story: no such file or directory",
        f"{folder / 'nothing'}: there is no .txt or .md file in this folder",
    ]


def test_one_story_is_no_batch(folder: Path) -> None:
    assert not manifest.is_batch(_options(folder / "fox.txt"))
    assert not manifest.is_batch(_options("-"))
    assert not manifest.is_batch(_options("--audio", "x.wav"))
    assert manifest.is_batch(_options("--batch", "x", folder / "fox.txt"))
    assert manifest.is_batch(_options(folder))
    assert manifest.is_batch(_options("x.csv"))
    assert manifest.is_batch(_options("a.txt", "b.txt"))
    with pytest.raises(UsageError, match="--audio is for one film"):
        _read(folder, "--audio", "x.wav")


@given(st.binary(max_size=300), st.sampled_from([".csv", ".jsonl"]))
def test_no_bytes_break_the_reading(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, ending: str
) -> None:
    table = tmp_path_factory.getbasetemp() / f"any{ending}"
    table.write_bytes(raw)
    stories, refused = manifest.read(_options(table))
    assert all(one.rule for one in refused)
    assert stories or refused


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=4), max_size=5))
def test_json_lines_come_back_with_their_lines(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    table = tmp_path_factory.getbasetemp() / "law.jsonl"
    table.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    assert list(tables.read(table, str)) == list(enumerate(rows, 1))
