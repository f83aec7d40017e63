"""A whole film, looked at frame by frame and sample by sample."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from reelmesh.compose.v1 import compose_pb2
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest, ComposeResult
from tests.unit.servers.compose.studio import Desk, Film, Stage, canvas, film_of, words

FPS = 15
RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 170, 40), (30, 40, 200), (90, 90, 90)
YELLOW = (255, 216, 77)
TEXTS = ("The fox sat down.", "狐狸看着葡萄。", "No words here", "The end, {\\b1}friends!")
TONES = (300.0, 500.0, 700.0, 900.0)


class Shot:
    """One film that all tests of this module look at."""

    def __init__(self, folder: Path, stage: Stage) -> None:
        self.desk = Desk(folder)
        request = ComposeRequest(
            canvas=canvas(fps=FPS), title="A; film=1", description="line\\one\n#two", language="en"
        )
        request.output.preset = "ultrafast"
        request.subtitles.size = 0.09
        for index, (text, color, tone) in enumerate(zip(TEXTS, (RED, GREEN, BLUE, GREY), TONES, strict=True)):
            scene = request.scenes.add(text=text, title=f"Part {index}")
            scene.picture.CopyFrom(self.desk.picture(color))
            scene.narration.CopyFrom(self.desk.tone(2.0 + 0.1 * index, tone))
            scene.motion.kind = parts.MOTION_KIND_STILL
            if index != 2:
                scene.words.extend(words(text, start=0.2, each=0.4))
        request.scenes[3].transition.kind = parts.TRANSITION_KIND_CUT
        self.request = request
        self.result: ComposeResult = stage.shoot(request, self.desk)
        self.film: Film = film_of(self.desk, self.result.film)
        self.frames: NDArray[np.uint8] = self.film.frames()
        self.starts = [round(scene.start.ToNanoseconds() * FPS / 1e9) for scene in self.result.scenes]


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory, stage: Stage) -> Shot:
    return Shot(tmp_path_factory.mktemp("film"), stage)


def near(pixel: NDArray[np.uint8], color: tuple[int, int, int], within: int = 6) -> bool:
    return bool(np.all(np.abs(pixel.astype(int) - color) <= within))


def lit(frame: NDArray[np.uint8]) -> list[int]:
    """Columns of the subtitles' place that hold the colour of the spoken word."""
    band = frame[230:300].astype(int)
    close = (np.abs(band - YELLOW).sum(axis=-1) < 120).any(axis=0)
    return [int(column) for column in np.flatnonzero(close)]


def test_the_film_is_as_long_as_its_scenes(shot: Shot) -> None:
    # Narrations of 2.0 to 2.3 s and pauses of 0.35 s, each scene rounded up to whole frames.
    assert len(shot.frames) == sum(int(np.ceil((2.35 + 0.1 * index) * FPS - 1e-9)) for index in range(4))
    assert shot.result.duration.ToNanoseconds() == round(len(shot.frames) * 1e9 / FPS)


def test_every_frame_has_its_own_time_at_a_constant_rate(shot: Shot) -> None:
    assert shot.film.times() == [Fraction(number, FPS) for number in range(len(shot.frames))]


def test_it_is_what_every_player_takes(shot: Shot) -> None:
    with av.open(str(shot.film.path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        context = video.codec_context
        assert (context.name, context.pix_fmt, context.width, context.height) == ("h264", "yuv420p", 180, 320)
        assert (context.color_range, context.colorspace, context.color_primaries, context.color_trc) == (
            1,
            1,
            1,
            1,
        )
        assert (audio.codec_context.name, audio.codec_context.sample_rate) == ("aac", 48_000)
        assert video.average_rate == FPS
        assert container.metadata["title"] == "A; film=1"
        assert container.metadata["description"] == "line\\one\n#two"
        assert audio.language == "eng"
    head = shot.film.path.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat"), "the index must come first"


def test_packets_go_on_at_joins(shot: Shot) -> None:
    """Pieces begin with a keyframe; decoding times rise by one frame everywhere, also where pieces join."""
    with av.open(str(shot.film.path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.dts is not None]
        assert packets[0].is_keyframe
        steps = {(after.dts - before.dts) * after.time_base for before, after in pairwise(packets)}
    assert steps == {Fraction(1, FPS)}


def test_sound_is_as_long_as_the_picture_to_the_sample(shot: Shot) -> None:
    assert len(shot.film.samples()) == len(shot.frames) * 48_000 // FPS


def test_each_scene_shows_its_picture_from_its_first_frame(shot: Shot) -> None:
    for start, following, color in zip(
        shot.starts, [*shot.starts[1:], len(shot.frames)], (RED, GREEN, BLUE, GREY), strict=True
    ):
        assert near(shot.frames[(start + following) // 2, 40, 90], color)


def test_a_crossfade_is_an_even_mix_in_its_middle(shot: Shot) -> None:
    for index, (before, after) in enumerate(pairwise((RED, GREEN, BLUE)), start=1):
        at = shot.starts[index]
        middle = shot.frames[at - 1 : at + 1, 40, 90].astype(float).mean(axis=0)
        assert np.all(np.abs(middle - (np.array(before) + after) / 2) < 10)
        window = shot.frames[at - 5 : at + 5, 40, 90].astype(int)
        assert near(window[0].astype(np.uint8), before)
        assert near(window[-1].astype(np.uint8), after)


def test_a_cut_is_between_two_frames(shot: Shot) -> None:
    at = shot.starts[3]
    assert near(shot.frames[at - 1, 40, 90], BLUE)
    assert near(shot.frames[at, 40, 90], GREY)


def test_words_are_lit_when_they_are_spoken(shot: Shot) -> None:
    """The yellow moves to the right by one word every 0.4 s, within a frame and 80 ms."""
    centres = [lit(shot.frames[round((0.2 + 0.4 * word + 0.2) * FPS)]) for word in range(3)]
    assert all(centres), "a word must be lit while it is spoken"
    means = [float(np.mean(columns)) for columns in centres]
    assert means == sorted(means)
    assert not lit(shot.frames[round((0.2 - 0.08) * FPS) - 1]), "nothing is lit before the first word"
    changes = [
        number
        for number in range(1, round(1.4 * FPS))
        if set(lit(shot.frames[number])) != set(lit(shot.frames[number - 1]))
    ]
    wanted = [0.2, 0.6, 1.0]
    assert all(any(abs(number / FPS - time) <= 0.08 for number in changes) for time in wanted)


def test_chinese_is_drawn_with_glyphs(shot: Shot) -> None:
    """Boxes would all look alike: two different characters light different pixels."""
    begin = shot.starts[1] / FPS
    frames = [shot.frames[round((begin + 0.2 + 0.4 * word + 0.2) * FPS)] for word in (0, 3)]
    shapes = []
    for frame in frames:
        columns = lit(frame)
        band = (
            np.abs(frame[230:300, min(columns) : min(columns) + 14].astype(int) - YELLOW).sum(axis=-1) < 120
        )
        rows = np.flatnonzero(band.any(axis=1))
        shapes.append(band[rows.min() : rows.min() + 14])
    assert shapes[0].sum() > 20
    assert shapes[0].shape != shapes[1].shape or (shapes[0] != shapes[1]).mean() > 0.1


def test_a_scene_without_words_has_no_subtitles_and_says_so(shot: Shot) -> None:
    number = (shot.starts[2] + shot.starts[3]) // 2
    assert shot.frames[number, 200:310].reshape(-1, 3).std(axis=0).max() < 3
    assert [w for w in shot.result.provenance.warnings if "scenes[2]" in w]


def test_narrations_are_where_their_scenes_are(shot: Shot) -> None:
    """Each tone is heard from the first sample of its scene, within a millisecond, and not before."""
    samples = shot.film.samples().mean(axis=1)
    for start, tone in zip(shot.starts, TONES, strict=True):
        at = start * 48_000 // FPS
        probe = np.exp(-2j * np.pi * tone * np.arange(2400) / 48_000)
        inside = abs(np.dot(samples[at + 480 : at + 2880], probe))
        before = abs(np.dot(samples[at - 2880 : at - 480], probe)) if at else 0.0
        assert inside > 20 * before
        loud = np.abs(samples[max(0, at - 480) : at + 4800]) > 0.3 * np.abs(samples).max()
        assert abs(int(np.argmax(loud)) - min(480, at)) < 120


def test_loudness_is_what_was_asked_for(shot: Shot) -> None:
    loudness, peak = shot.film.loudness()
    assert loudness == pytest.approx(-16.0, abs=0.5)
    assert peak < -1.0


def test_subtitle_files_hold_the_words_with_their_punctuation(shot: Shot) -> None:
    files = {
        file.format: shot.desk.assets[file.asset.digest].read_text() for file in shot.result.subtitle_files
    }
    assert set(files) == {1, 2, 3}
    assert "The fox sat down." in files[compose_pb2.SUBTITLE_FORMAT_SRT]
    assert "{\\b1}friends!" in files[compose_pb2.SUBTITLE_FORMAT_VTT]
    assert "\\{\\" in files[compose_pb2.SUBTITLE_FORMAT_ASS]


def test_chapters_are_the_titled_scenes(shot: Shot) -> None:
    with av.open(str(shot.film.path)) as container:
        chapters = container.chapters()
    assert [chapter["metadata"]["title"] for chapter in chapters] == [f"Part {index}" for index in range(4)]
    for chapter, start in zip(chapters, shot.starts, strict=True):
        assert float(chapter["start"] * chapter["time_base"]) == pytest.approx(start / FPS, abs=0.001)


def test_the_cover_is_a_scenes_picture_without_text(shot: Shot) -> None:
    cover = shot.desk.assets[shot.result.cover.digest]
    assert cover.read_bytes()[:3] == b"\xff\xd8\xff"
    with av.open(str(cover), format="jpeg_pipe") as container:
        pixels = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert pixels.shape == (320, 180, 3)
    differences = [np.abs(pixels.reshape(-1, 3).astype(int) - c).max() for c in (RED, GREEN, BLUE, GREY)]
    assert min(differences) <= 8


def test_the_same_request_gives_the_same_bytes_whatever_the_cores(shot: Shot, tmp_path: Path) -> None:
    again = Desk(tmp_path, assets=shot.desk.assets)
    alone = Stage(workers=1)
    try:
        assert alone.shoot(shot.request, again).film.digest == shot.result.film.digest
    finally:
        alone.close()
