"""How much of the words is shown at a time, in which languages, and where lines of text stand."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from reelmesh.compose.v1 import compose_pb2
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest, ConvertRequest
from servers.chassis.errors import InvalidArgument
from servers.chassis.media.fonts import FontStack, default_font
from servers.compose.defaults import fill, set_seconds
from servers.compose.headings import Lettered
from servers.compose.lines import captions
from servers.compose.translations import shared_out
from servers.compose.words import Word, pieces
from tests.unit.servers.compose.studio import Desk, Stage, canvas, film_of, words

SAID = "The fox saw ripe grapes. They hung too high for him."


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def request(desk: Desk, text: str = SAID, **subtitles: object) -> ComposeRequest:
    made = ComposeRequest(canvas=canvas(180, 200, 10), language="en")
    made.output.preset, made.output.crf = "ultrafast", 8
    scene = made.scenes.add(text=text, words=words(text), picture=desk.picture((0, 0, 0), (180, 200)))
    scene.motion.kind = parts.MOTION_KIND_STILL
    set_seconds(scene.duration, 3.6)
    for field, value in subtitles.items():
        setattr(made.subtitles, field, value)
    return made


def frames(made: ComposeRequest, desk: Desk, stage: Stage) -> NDArray[np.int64]:
    return film_of(desk, stage.shoot(made, desk).film).frames().astype(int)


def yellow(frame: NDArray[np.int64]) -> int:
    """How many pixels are: small letters have little colour of their own."""
    return int(((frame[..., 0] - frame[..., 2] > 40) & (frame[..., 1] - frame[..., 2] > 25)).sum())


def test_only_karaoke_lights_words(desk: Desk, stage: Stage) -> None:
    lit = {
        style: max(map(yellow, frames(request(desk, style=style), desk, stage)[2:20]))
        for style in (parts.SUBTITLE_STYLE_KARAOKE, parts.SUBTITLE_STYLE_PHRASE, parts.SUBTITLE_STYLE_LINE)
    }
    assert lit[parts.SUBTITLE_STYLE_KARAOKE] > 10
    assert lit[parts.SUBTITLE_STYLE_PHRASE] == lit[parts.SUBTITLE_STYLE_LINE] == 0


def test_phrases_are_a_few_words_as_they_are_spoken(desk: Desk, stage: Stage) -> None:
    result = stage.shoot(request(desk, style=parts.SUBTITLE_STYLE_PHRASE), desk)
    srt = desk.assets[result.subtitle_files[0].asset.digest].read_text()
    shown = [block.splitlines()[2:] for block in srt.split("\n\n")]
    assert all(len(lines) == 1 and 1 <= len(lines[0].split()) <= 5 for lines in shown)
    assert len(shown) >= 3
    assert " ".join(lines[0] for lines in shown) == SAID


def test_a_box_stands_behind_the_words_and_nowhere_else(desk: Desk, stage: Stage) -> None:
    made = request(desk, style=parts.SUBTITLE_STYLE_LINE, box_color="#2040C0", box_opacity=0.5)
    made.scenes[0].picture.CopyFrom(desk.picture((200, 200, 200), (180, 200)))
    frame = frames(made, desk, stage)[5]
    boxed = (frame[..., 2] - frame[..., 0] > 40).nonzero()
    assert np.ptp(boxed[0]) > 20
    assert np.ptp(boxed[1]) > 80
    corner = frame[boxed[0].min() + 2, boxed[1].min() + 2]
    assert np.abs(corner - (np.array([0x20, 0x40, 0xC0]) + 200) / 2).max() < 24
    assert np.abs(frame[20, 20] - 200).max() < 8


def test_words_keep_to_their_side_margins_and_their_place(desk: Desk, stage: Stage) -> None:
    made = request(desk, side_margin=0.25, position=parts.SUBTITLE_POSITION_TOP, margin=0.1)
    rows, columns = (frames(made, desk, stage)[4].max(axis=-1) > 120).nonzero()
    assert columns.min() >= 0.25 * 180 - 3
    assert columns.max() <= 0.75 * 180 + 3
    assert 0.1 * 200 - 2 <= rows.min() < 0.2 * 200


def test_a_translation_stands_below_in_smaller_letters_and_in_files_of_its_own(
    desk: Desk, stage: Stage
) -> None:
    made = request(desk, second_language="zh")
    made.scenes[0].translations.add(language="zh", text="狐狸看见成熟的葡萄。它们挂得太高，他够不着。")
    made.scenes[0].translations.add(
        language="de", text="Der Fuchs sah reife Trauben. Sie hingen ihm zu hoch."
    )
    result = stage.shoot(made, desk)
    files = {(file.language, file.format): file.asset.digest for file in result.subtitle_files}
    assert set(files) == {
        *(("en", kind) for kind in (1, 2, 3)),
        *((language, kind) for language in ("zh", "de") for kind in (1, 2)),
    }
    spoken, chinese = (
        desk.assets[files[language, compose_pb2.SUBTITLE_FORMAT_SRT]].read_text() for language in ("en", "zh")
    )
    times = [[line for line in text.splitlines() if "-->" in line] for text in (spoken, chinese)]
    assert times[0] == times[1]
    assert "".join(line for line in chinese.splitlines() if line and not line[0].isascii()) == (
        "狐狸看见成熟的葡萄。它们挂得太高，他够不着。"
    )
    script = desk.assets[files["en", compose_pb2.SUBTITLE_FORMAT_ASS]].read_text()
    assert "{\\rSecond}" in script
    both = film_of(desk, result.film).luma()[4]
    alone = film_of(desk, stage.shoot(request(desk), desk).film).luma()[4]
    assert (both > 120).sum() != (alone > 120).sum()


def test_soft_subtitles_have_a_track_for_each_language(desk: Desk, stage: Stage) -> None:
    made = request(desk, mode=parts.SUBTITLE_MODE_SOFT)
    made.scenes[0].translations.add(language="zh", text="狐狸看见成熟的葡萄。")
    result = stage.shoot(made, desk)
    with av.open(str(desk.assets[result.film.digest])) as container:
        assert [stream.language for stream in container.streams.subtitles] == ["eng", "zho"]


def test_sentences_of_a_translation_stand_with_their_own() -> None:
    laid = captions(
        pieces(SAID, [Word(m, i * 0.3, i * 0.3 + 0.3) for i, m in enumerate(SAID.split())]),
        default_font().width,
        7.0,
        1,
    )
    told = "狐狸看见了葡萄。它们挂得实在是太高了。"
    parts_ = shared_out(told, laid)
    assert len(parts_) == len(laid)
    assert "".join(parts_) == told
    first = next(index for index, caption in enumerate(laid) if caption.text.endswith("grapes."))
    assert "".join(parts_[: first + 1]) == "狐狸看见了葡萄。"


def test_a_second_language_needs_a_translation(desk: Desk) -> None:
    with pytest.raises(InvalidArgument, match=r"subtitles\.second_language"):
        fill(request(desk, second_language="fr"), "Noto Sans SC")
    made = request(desk)
    for _ in range(2):
        made.scenes[0].translations.add(language="fr", text="Le renard")
    with pytest.raises(InvalidArgument, match=r"scenes\[0\]\.translations: must have each language once"):
        fill(made, "Noto Sans SC")


LINES = {"index_text": "Part 3", "title_text": "The fox", "desc_text": "An old story about grapes."}


def bright_rows(frame: NDArray[np.int64]) -> set[int]:
    return {int(row) for row in (frame.min(axis=-1) > 180).any(axis=1).nonzero()[0]}


def test_lines_stand_above_and_below_a_landscape_picture(desk: Desk, stage: Stage) -> None:
    """The picture fills rows 110 to 210 of 320; the words stand at the bottom."""
    made = request(desk)
    made.canvas.CopyFrom(canvas(180, 320, 10, fit=parts.FIT_CONTAIN, background="#102030", **LINES))
    made.scenes[0].picture.CopyFrom(desk.picture((120, 30, 30), (360, 202)))
    made.scenes[0].motion.Clear()
    seen = frames(made, desk, stage)
    rows = bright_rows(seen[4])
    assert any(row < 108 for row in rows), "a title above"
    assert any(212 < row < 260 for row in rows), "a description below"
    assert not any(112 < row < 208 for row in rows), "nothing on the picture"
    assert (seen[4][:108, :, 0] - seen[4][:108, :, 2]).max() > 15, "the index is set off by its colour"
    assert np.abs(seen[4, 112:208] - seen[30, 112:208]).max() < 16, "the picture keeps its place"


@pytest.mark.parametrize("fit", [parts.FIT_CONTAIN, parts.FIT_BLUR_FILL])
def test_converting_to_upright_adds_the_lines(desk: Desk, stage: Stage, fit: parts.Fit.ValueType) -> None:
    film = desk.clip("color=0x502020:s=320x180:r=10:d=0.5")
    made = ConvertRequest(film=film, canvas=canvas(180, 320, 10, fit=fit, **LINES))
    made.output.preset = "ultrafast"
    frame = film_of(desk, stage.shoot(made, desk).film).frames()[2].astype(int)
    rows = bright_rows(frame)
    assert any(row < 108 for row in rows)
    assert any(row > 212 for row in rows)
    assert not any(115 < row < 205 for row in rows)


def test_a_long_title_shrinks_to_fit(desk: Desk, stage: Stage) -> None:
    made = ConvertRequest(film=desk.clip("color=0x202020:s=320x180:r=10:d=0.5"))
    made.canvas.CopyFrom(
        canvas(180, 320, 10, fit=parts.FIT_CONTAIN, title_text="A very long title indeed " * 10)
    )
    made.output.preset = "ultrafast"
    frame = film_of(desk, stage.shoot(made, desk).film).frames()[2].astype(int)
    assert max(bright_rows(frame)) < 112


def test_what_does_not_fit_at_the_smallest_size_ends_with_an_ellipsis() -> None:
    lettered = Lettered((180, 320), FontStack(default_font()), frozenset(), 11)
    lines, em = lettered.fitted("word " * 80, 15.0, 3, 200.0)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert em == pytest.approx(6.0)
    assert lettered.fitted("one", 15.0, 3, 200.0) == (["one"], 15.0)
    assert lettered.fitted("  ", 15.0, 3, 200.0)[0] == []


def test_a_progress_bar_grows_with_the_film(desk: Desk, stage: Stage) -> None:
    made = ComposeRequest(canvas=canvas(200, 100, 10))
    made.output.preset, made.output.crf = "ultrafast", 6
    for _ in range(3):
        set_seconds(made.scenes.add(picture=desk.picture((0, 0, 0), (200, 100))).duration, 1.0)
    made.progress_bar.color, made.progress_bar.thickness, made.progress_bar.opacity = "#FFFFFF", 0.08, 1.0
    seen = film_of(desk, stage.shoot(made, desk).film).luma().astype(int)
    lengths = [(frame[96] - 16).sum() / 219 for frame in seen]
    assert lengths == pytest.approx([200 * (n + 1) / 30 for n in range(30)], abs=2.5)
    assert seen[:, :88].max() < 30


def test_an_end_card_comes_last_with_its_text_and_without_the_films(desk: Desk, stage: Stage) -> None:
    made = request(desk)
    made.transition.kind = parts.TRANSITION_KIND_CUT
    made.canvas.background = "#204060"
    made.end_card.text = "Thanks 🦊"
    set_seconds(made.end_card.duration, 1.0)
    result = stage.shoot(made, desk)
    assert [scene.id for scene in result.scenes] == ["0", "end-card"]
    assert not result.provenance.warnings
    seen = film_of(desk, result.film).frames().astype(int)
    assert len(seen) == 46
    assert np.abs(seen[40, 10, 10] - (0x20, 0x40, 0x60)).max() < 8
    assert seen[40, 80:120].min(axis=-1).max() > 200
    assert seen[34, 80:120].max() < 30


def test_a_texts_colour_is_its_own(desk: Desk, stage: Stage) -> None:
    made = request(desk, mode=parts.SUBTITLE_MODE_NONE)
    made.overlays.add(text="IIII", color="#00FF00", size=0.3, anchor=parts.ANCHOR_CENTER)
    frame = frames(made, desk, stage)[3]
    assert (frame[..., 1] - frame[..., 0]).max() > 180
