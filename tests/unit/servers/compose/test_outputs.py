"""What is made beside the film, and in which codecs and sizes it comes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest, ConvertRequest
from servers.chassis.errors import InvalidArgument
from servers.compose.defaults import set_seconds
from servers.compose.strips import spread
from tests.unit.servers.compose.studio import Desk, Film, Stage, canvas, film_of, words

FPS = 10


def noise(seed: int, low: int = 0, high: int = 255) -> np.ndarray:
    made = np.random.default_rng(seed).integers(low, high, (160, 96, 3), dtype=np.uint8)
    return np.asarray(made)


def request(desk: Desk, scenes: int = 2, seconds: float = 1.0) -> ComposeRequest:
    made = ComposeRequest(canvas=canvas(96, 160, FPS), language="en")
    made.output.preset = "ultrafast"
    for index in range(scenes):
        scene = made.scenes.add()
        scene.picture.CopyFrom(desk.picture(noise(index)))
        set_seconds(scene.duration, seconds)
    return made


@dataclass(frozen=True)
class Made:
    desk: Desk
    result: Any
    film: Film


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, stage: Stage) -> Made:
    """Two scenes of which the first is spoken, with music, a logo, a title: all that a clean copy lacks."""
    desk = Desk(tmp_path_factory.mktemp("outputs"))
    wanted = request(desk)
    for scene, color in zip(wanted.scenes, ((60, 60, 60), (0, 0, 0)), strict=True):
        scene.picture.CopyFrom(desk.picture(color))
        scene.transition.kind = parts.TRANSITION_KIND_CUT
    wanted.scenes.add().CopyFrom(wanted.scenes[1])
    wanted.scenes[2].picture.CopyFrom(desk.picture(noise(1, 40, 220)))
    wanted.scenes[0].text = "Hello fox"
    wanted.scenes[0].words.extend(words("Hello fox"))
    wanted.scenes[0].narration.CopyFrom(desk.tone(0.6, 440.0))
    wanted.music.audio.CopyFrom(desk.tone(3.0, 1200.0))
    wanted.music.gain_db = 0.0
    logo = wanted.overlays.add(size=0.3)
    logo.picture.CopyFrom(desk.picture((250, 250, 250), (20, 20)))
    set_seconds(logo.end, 0.5)
    wanted.output.clean_copy = wanted.output.narration_file = wanted.output.gif = True
    wanted.output.thumbnails = 3
    result = stage.shoot(wanted, desk)
    return Made(desk, result, film_of(desk, result.film))


def test_the_clean_copy_has_the_same_frames_without_lettering(made: Made) -> None:
    film, clean = made.film.luma().astype(int), film_of(made.desk, made.result.clean_film).luma().astype(int)
    assert len(film) == len(clean) == 3 * FPS
    assert film[3].max() > 200
    assert np.ptp(clean[3]) < 8, "neither logo nor subtitles"
    assert np.abs(film[20:] - clean[20:]).max() < 30, "where there is no lettering it is the film"
    assert made.result.clean_film.facts == made.result.film.facts
    heard = film_of(made.desk, made.result.clean_film).samples()
    assert np.abs(heard - made.film.samples()).max() < 1e-4


def test_the_narration_alone_is_as_long_as_the_film_and_without_music(made: Made) -> None:
    samples = film_of(made.desk, made.result.narration).samples()[:, 0]
    assert len(samples) == 3 * 48_000
    spectrum = np.abs(np.fft.rfft(samples[4800:28800]))
    hertz = np.fft.rfftfreq(24000, 1 / 48_000)
    assert abs(hertz[spectrum.argmax()] - 440) < 5
    assert spectrum[np.abs(hertz - 1200) < 5].max() < spectrum.max() / 1000
    assert np.abs(samples[48_000:]).max() < 1e-3
    assert made.result.narration.media_type == "audio/mp4"


def test_the_cover_is_the_richest_picture_rather_than_the_first(made: Made) -> None:
    with Image.open(made.desk.assets[made.result.cover.digest]) as cover:
        assert np.asarray(cover.convert("L")).std() > 20


def test_thumbnails_stand_side_by_side_in_the_films_order(made: Made) -> None:
    with Image.open(made.desk.assets[made.result.thumbnails.digest]) as opened:
        strip = np.asarray(opened.convert("L")).astype(int)
    assert strip.shape == (180, 3 * 108)
    means = [strip[:, 108 * index + 4 : 108 * index + 104].mean() for index in range(3)]
    assert means == pytest.approx([60, 0, 130], abs=12)
    assert strip[60:120, :104].max() < 90, "without text"


def test_the_gif_shows_the_beginning(made: Made) -> None:
    with Image.open(made.desk.assets[made.result.gif.digest]) as gif:
        assert gif.size == (96, 160)
        assert gif.n_frames > 10
        assert gif.info["loop"] == 0


def test_nothing_is_made_beside_the_film_unless_it_is_asked_for(tmp_path: Path, stage: Stage) -> None:
    desk = Desk(tmp_path)
    result = stage.shoot(request(desk, 1), desk)
    assert not any(result.HasField(field) for field in ("clean_film", "narration", "thumbnails", "gif"))


@pytest.mark.parametrize(
    ("codec", "name", "sound", "media_type"),
    [
        (parts.VIDEO_CODEC_H265, "hevc", "aac", "video/mp4"),
        (parts.VIDEO_CODEC_AV1, "av1", "aac", "video/mp4"),
        (parts.VIDEO_CODEC_VP9, "vp9", "opus", "video/webm"),
        (parts.VIDEO_CODEC_AV1_WEBM, "av1", "opus", "video/webm"),
    ],
)
def test_every_codec_makes_a_whole_film_of_pieces(
    tmp_path: Path, stage: Stage, codec: parts.VideoCodec.ValueType, name: str, sound: str, media_type: str
) -> None:
    desk = Desk(tmp_path)
    wanted = request(desk, 2, 5.0)
    wanted.scenes[0].text = "Hello fox"
    wanted.scenes[0].words.extend(words("Hello fox"))
    wanted.subtitles.mode = parts.SUBTITLE_MODE_SOFT
    wanted.output.codec = codec
    result = stage.shoot(wanted, desk)
    film = film_of(desk, result.film)
    assert result.film.media_type == media_type
    assert len(film.luma()) == 100
    times = [float(time) for time in film.times()]
    assert times == pytest.approx([n / FPS for n in range(100)], abs=0.001)
    with av.open(str(film.path)) as container:
        assert container.streams.video[0].codec_context.codec.canonical_name == name
        assert container.streams.audio[0].codec_context.codec.canonical_name == sound
        assert len(container.streams.subtitles) == 1
    assert len(film.samples()) == pytest.approx(10 * 48_000, abs=0 if sound == "aac" else 960)


def test_a_size_is_kept_to(tmp_path: Path, stage: Stage) -> None:
    desk = Desk(tmp_path)
    wanted = request(desk, 2, 5.0)
    wanted.output.crf, wanted.output.audio_bits_per_second = 10, 32_000
    free = stage.shoot(wanted, desk).film.size_bytes
    wanted.output.target_size_bytes = 300_000
    assert free > 400_000
    result = stage.shoot(wanted, desk)
    assert 150_000 < result.film.size_bytes <= 300_000
    assert not [w for w in result.provenance.warnings if "target_size" in w]
    wanted.output.target_size_bytes = 100_000
    set_seconds(wanted.scenes[0].duration, 500.0)
    with pytest.raises(InvalidArgument, match=r"output\.target_size_bytes: must be at least"):
        stage.shoot(wanted, desk)


def test_a_bit_rate_is_a_limit(tmp_path: Path, stage: Stage) -> None:
    desk = Desk(tmp_path)
    wanted = request(desk, 2, 5.0)
    wanted.output.crf, wanted.output.audio_bits_per_second = 5, 32_000
    free = stage.shoot(wanted, desk).film.size_bytes
    wanted.output.max_bits_per_second = 300_000
    limited = stage.shoot(wanted, desk).film.size_bytes
    assert free > 700_000
    assert limited < 550_000, "ten seconds of pictures and sound, and one burst"


def test_converting_knows_the_codecs_too(tmp_path: Path, stage: Stage) -> None:
    desk = Desk(tmp_path)
    wanted = ConvertRequest(film=desk.clip("testsrc2=s=96x64:r=10:d=1"))
    wanted.output.codec, wanted.output.preset = parts.VIDEO_CODEC_VP9, "ultrafast"
    result = stage.shoot(wanted, desk)
    assert result.film.media_type == "video/webm"
    assert len(film_of(desk, result.film).luma()) == 10


def test_pictures_are_taken_from_the_middles_of_equal_parts() -> None:
    assert spread(100, 4) == [12, 37, 62, 87]
    assert spread(1, 3) == [0, 0, 0]
