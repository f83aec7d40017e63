"""Names that stay in their folder, and films that are written once and overwrite nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reelmesh
from reelmesh import errors
from reelmesh.naming import FIELDS, STEM_BYTES, Template, safe
from reelmesh.publishing import Published
from tests.unit.clients.conftest import Toys
from tests.unit.clients.toy_batches import submitted
from tests.unit.clients.toy_storage import outputs

_BAD = st.sampled_from(
    ["..", ".", "/", "\\", "../..", "~", "\0", "CON", "nul.", " ", "\u202e", "C:", "老虎", ""]
)
_TEXT = st.one_of(_BAD, st.text(max_size=300), st.lists(_BAD, max_size=6).map("".join))


@given(
    st.lists(st.one_of(st.sampled_from([f"{{{name}}}" for name in FIELDS]), _TEXT), max_size=6).map("".join),
    st.fixed_dictionaries(dict.fromkeys(FIELDS, _TEXT)),
    _TEXT,
)
def test_no_template_and_no_value_leads_out_of_the_folder(
    template: str, values: dict[str, str], otherwise: str
) -> None:
    try:
        made = Template(template).fill(values, otherwise)
    except errors.InvalidArgument:
        return
    root = Path("/the/folder")
    path = Path(os.path.normpath(root / made))
    assert path.is_relative_to(root)
    assert path != root
    assert len(path.relative_to(root).parts) == template.count("/") + 1
    for part in made.parts:
        assert part not in ("", ".", "..")
        assert part[0] not in "-. "
        assert part[-1] not in ". "
        assert len(part.encode()) <= STEM_BYTES
        assert not set(part) & set('\\:*?"<>|\0\n\u202e')


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("狐假虎威：一个故事", "狐假虎威：一个故事"),
        ("Café — ½", "Café — ½"),
        ("Cafe\u0301", "Café"),
        ("AC/DC: live?", "AC-DC- live"),
        ("../../etc/passwd", "etc-passwd"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("a\n b\t c", "a b c"),
        ("nul", "_nul"),
        ("COM1.film", "_COM1.film"),
        ("constant", "constant"),
        ("👩‍🚀 flies", "👩‍🚀 flies"),
        ("老" * 100, "老" * 60),
        ("...", ""),
    ],
)
def test_names_keep_their_letters(text: str, name: str) -> None:
    assert safe(text) == name
    assert safe(name) == name


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{nonsense}", "{nonsense} is no field; there are {title}"),
        ("{title.__class__}", "is no field"),
        ("{title!r}", "is no field"),
        ("{number:>9999999999}", "is no field"),
        ("{0}", "is no field"),
        ("{}", "is no field"),
        ("{title", "expected '}'"),
        ("", "must have 1 to"),
        ("/etc/{title}", "must not begin or end with '/'"),
        ("{title}/", "must not begin"),
        ("../{title}", "must not begin"),
        ("a/b/c/d/e/f/g/h/i", "at most 7 folders"),
    ],
)
def test_a_template_that_is_none_says_why(template: str, told: str) -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        Template(template)
    assert told in caught.value.message


async def _published(
    client: reelmesh.Client, folder: Path, *jobs: str, name: str = "{title}", include: str = ""
) -> list[Published]:
    kinds = include.split()
    return [one async for one in client.publish(jobs, folder, name=name, include=kinds)]


async def test_results_are_written_once_under_readable_names(toys: Toys, tmp_path: Path) -> None:
    jobs, store, client = toys
    await submitted(client, "狐狸/葡萄", "Same", "same", "Late")
    for number, film in enumerate(("fox", "one", "two")):
        jobs.end(number, *outputs(store, film))
    names = ["job-0", "job-1", "job-2", "job-3"]
    told = await _published(client, tmp_path, *names, include="cover subtitles narration info")
    assert [len(one.files) for one in told] == [5, 5, 5, 0]
    assert all(file.written for one in told for file in one.files)
    assert [one.lacking for one in told] == [("narration",)] * 3 + [()]
    assert told[3].reason == "is queued: there is no film yet"
    stems = ("狐狸-葡萄", "Same", "same-2")
    made = {f"{stem}{ending}" for stem in stems for ending in (".mp4", ".jpg", ".srt", ".vtt", ".json")}
    assert {path.name for path in tmp_path.iterdir()} == made
    assert (tmp_path / "same-2.mp4").read_text() == "two"
    assert (tmp_path / "same-2.jpg").read_text() == "two cover"
    assert json.loads((tmp_path / "狐狸-葡萄.json").read_text("utf-8"))["job"] == "job-0"

    reads = len(store.reads)
    again = await _published(client, tmp_path, *names, include="cover subtitles")
    assert not any(file.written for one in again for file in one.files)
    assert len(store.reads) == reads
    assert {path.name for path in tmp_path.iterdir()} == made


async def test_what_is_there_is_never_overwritten(toys: Toys, tmp_path: Path) -> None:
    jobs, store, client = toys
    await submitted(client, "Fox")
    jobs.end(0, *outputs(store, "fox"))
    (tmp_path / "Fox.mp4").write_text("mine")
    (tmp_path / "Fox-2.mp4").mkdir()
    (tmp_path / "Fox-3.jpg").symlink_to("/nowhere")
    (one,) = await _published(client, tmp_path, "job-0", include="cover")
    assert [str(file.name) for file in one.files] == ["Fox-4.mp4", "Fox-4.jpg"]
    assert (tmp_path / "Fox.mp4").read_text() == "mine"
    assert (tmp_path / "Fox-4.mp4").read_text() == "fox"


async def test_all_of_it_and_every_field(toys: Toys, tmp_path: Path) -> None:
    jobs, store, client = toys
    await submitted(client, "Fox")
    jobs.end(0, *outputs(store, "fox"))
    template = "{batch}/{lang} {number} {title} {publish_title} {name} {job} {date}"
    (one,) = await _published(client, tmp_path / "new", "job-0", name=template, include="all")
    stem = "en 001 Fox Film 0 Fox job-0 2026-09-21"
    assert [str(file.name) for file in one.files] == [
        f"b/{stem}{ending}" for ending in (".mp4", ".jpg", ".srt", ".vtt", ".clean.mp4", ".json")
    ]
    assert (tmp_path / "new" / "b" / f"{stem}.clean.mp4").read_text() == "fox clean"


async def test_a_film_that_breaks_off_leaves_nothing(toys: Toys, tmp_path: Path) -> None:
    jobs, store, client = toys
    await submitted(client, "Fox")
    jobs.end(0, *outputs(store, "fox"))
    store.lies = True
    with pytest.raises(errors.DataLoss):
        await _published(client, tmp_path, "job-0")
    assert list(tmp_path.iterdir()) == []


async def test_what_can_not_be_is_refused(toys: Toys, tmp_path: Path) -> None:
    _, _, client = toys
    with pytest.raises(errors.InvalidArgument, match="there is no 'covers'"):
        await _published(client, tmp_path, "job-0", include="covers")
    with pytest.raises(errors.NotFound):
        await _published(client, tmp_path, "job-0")
