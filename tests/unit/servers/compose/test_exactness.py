"""A film beside a slow rendering of the same timeline, written plainly and by other means.

Pillow resamples every frame out of the original picture by the motion's own formula, a crossfade is a mean, a
logo is pasted, and ffmpeg's filter burns the text: nothing of the engine draws here.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reelmesh.compose.v1 import compose_pb2
from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.chassis.media import commands
from servers.chassis.media.fonts import default_font
from servers.compose.defaults import set_seconds
from servers.compose.timeline import Wish, lay
from tests.unit.servers.compose.studio import Desk, Film, Stage, canvas, film_of, words

WIDTH, HEIGHT, FPS = 240, 320, 12
SCENE, FADE = 24, 6
"""Frames."""
AMOUNT = 0.2
FOCUS = (0.62, 0.4)
KINDS = (parts.MOTION_KIND_ZOOM_IN, parts.MOTION_KIND_ZOOM_OUT)


@dataclass(frozen=True)
class Both:
    """The film and its slow rendering."""

    film: Film
    slow: NDArray[np.uint8]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, stage: Stage) -> Both:
    desk = Desk(tmp_path_factory.mktemp("exact"))
    made = ComposeRequest(canvas=canvas(WIDTH, HEIGHT, FPS), language="en")
    made.output.preset, made.output.crf = "ultrafast", 8
    made.subtitles.size = 0.08
    set_seconds(made.transition.duration, FADE / FPS)
    pictures = [picture(seed) for seed in (1, 2)]
    for index, (pixels, kind) in enumerate(zip(pictures, KINDS, strict=True)):
        scene = made.scenes.add(id=f"s{index}", text="Grapes hang high", picture=desk.picture(pixels))
        set_seconds(scene.duration, SCENE / FPS)
        scene.words.extend(words(scene.text, start=0.2, each=0.4))
        scene.motion.kind, scene.motion.amount = kind, AMOUNT
        scene.motion.focus.x, scene.motion.focus.y = FOCUS
    logo = np.full((60, 60, 4), (250, 240, 20, 128), dtype=np.uint8)
    path = desk.root / "logo.png"
    Image.fromarray(logo).save(path)
    asset = desk.give(path.read_bytes(), "image/png")
    made.overlays.add(picture=asset, anchor=parts.ANCHOR_TOP_LEFT, size=0.25, margin=0.1)
    result = stage.shoot(made, desk)
    script = next(
        desk.assets[file.asset.digest].read_text(encoding="utf-8")
        for file in result.subtitle_files
        if file.format == compose_pb2.SUBTITLE_FORMAT_ASS
    )
    frames = [slow_frame(number, pictures) for number in range(2 * SCENE)]
    return Both(film_of(desk, result.film), burned(frames, script, desk.root))


def picture(seed: int) -> NDArray[np.uint8]:
    """Structure at several scales, larger than the frame and of another shape."""
    draw = np.random.default_rng(seed)
    pixels = np.zeros((700, 480, 3), dtype=np.float32)
    for cell in (8, 24, 80):
        noise = draw.uniform(-40, 40, (700 // cell + 1, 480 // cell + 1, 3)).astype(np.float32)
        pixels += cv2.resize(noise, (480, 700), interpolation=cv2.INTER_CUBIC)
    return np.clip(pixels + 120, 0, 255).astype(np.uint8)


def slow_frame(number: int, pictures: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """One frame without text, RGB."""
    half = FADE // 2
    views = [view(pictures[0], KINDS[0], number / (SCENE + half - 1))]
    if number >= SCENE - half:
        views.append(view(pictures[1], KINDS[1], (number - SCENE + half) / (SCENE + half - 1)))
    share = min(1.0, max(0.0, (number - SCENE + half + 0.5) / FADE))
    mixed = views[0] * (1.0 - share) + views[-1] * share
    side, place = 60, 24
    corner = mixed[place : place + side, place : place + side]
    corner[...] = corner * (1 - 128 / 255) + np.array((250, 240, 20)) * (128 / 255)
    return np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


def view(pixels: NDArray[np.uint8], kind: int, time: float) -> NDArray[np.float64]:
    """What the camera sees: a window whose edges go evenly from one place to another, softly in time."""
    time = min(max(time, 0.0), 1.0)
    share = time * time * (3 - 2 * time)
    if kind == parts.MOTION_KIND_ZOOM_OUT:
        share = 1.0 - share
    size = 1.0 + (1.0 / (1.0 + AMOUNT) - 1.0) * share
    room = 0.5 - 0.5 / (1.0 + AMOUNT)
    high, wide = pixels.shape[:2]
    scale = min(wide / WIDTH, high / HEIGHT)
    fitted = (WIDTH * scale, HEIGHT * scale)
    # A picture of another shape is cut around the focus, as far as its edges allow.
    cut = [
        min(max(at * whole - part / 2, 0.0), whole - part)
        for at, whole, part in zip(FOCUS, (wide, high), fitted, strict=True)
    ]
    aims = [
        (at * whole - edge) / part
        for at, whole, edge, part in zip(FOCUS, (wide, high), cut, fitted, strict=True)
    ]
    middle = [0.5 + (min(max(aim, 0.5 - room), 0.5 + room) - 0.5) * share for aim in aims]
    left, top = (edge + at * part for edge, at, part in zip(cut, middle, fitted, strict=True))
    half = (fitted[0] * size / 2, fitted[1] * size / 2)
    box = (left - half[0], top - half[1], left + half[0], top + half[1])
    seen = Image.fromarray(pixels).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC, box=box)
    return np.asarray(seen, dtype=np.float64)


def burned(frames: list[NDArray[np.uint8]], script: str, folder: Path) -> NDArray[np.uint8]:
    """The luma of frames with a script burned in by ffmpeg's own filter."""
    fonts = folder / "slow-fonts"
    fonts.mkdir()
    (fonts / default_font().path.name).symlink_to(default_font().path)
    (folder / "slow.ass").write_text(script, encoding="utf-8")
    arguments = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "-"]
    turned = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
    arguments += ["-vf", f"{turned},ass=slow.ass:fontsdir=slow-fonts", "-f", "rawvideo", "-"]
    raw = subprocess.run(
        [commands.executable(), "-v", "error", *arguments],
        input=b"".join(frame.tobytes() for frame in frames),
        capture_output=True,
        check=True,
        cwd=folder,
    ).stdout
    rows = np.frombuffer(raw, dtype=np.uint8).reshape(len(frames), HEIGHT * 3 // 2, WIDTH)
    return rows[:, :HEIGHT]


def ssim(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Structural similarity (Wang and others, 2004), Gaussian window of 1.5 pixels."""
    x, y = one.astype(np.float64), other.astype(np.float64)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5))

    mean_x, mean_y = mean(x), mean(y)
    var_x, var_y = mean(x * x) - mean_x**2, mean(y * y) - mean_y**2
    both_vary = mean(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    map_ = (2 * mean_x * mean_y + c1) * (2 * both_vary + c2)
    map_ /= (mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)
    return float(map_.mean())


def test_every_frame_has_the_structure_of_the_slow_rendering(both: Both) -> None:
    luma = both.film.luma()
    assert len(luma) == len(both.slow)
    alike = [ssim(mine, slow) for mine, slow in zip(luma, both.slow, strict=True)]
    assert min(alike) > 0.98, f"frame {int(np.argmin(alike))}"


def test_no_frame_is_missing_twice_or_early(both: Both) -> None:
    """Each is more like the slow rendering of its own number than like that of its neighbours."""
    luma = both.film.luma()
    for number in range(4, len(luma) - 4):
        near = {at: ssim(luma[number], both.slow[at]) for at in (number - 1, number, number + 1)}
        assert max(near, key=near.__getitem__) == number


def test_pieces_have_the_same_parameters(both: Both) -> None:
    """One set of them in the film's header, and none in between that a player would have to change to."""
    with av.open(str(both.film.path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.extradata
        keys = 0
        for packet in container.demux(stream):
            if packet.dts is None:
                continue
            assert packet.pts is not None
            keys += packet.is_keyframe
    assert keys == 3, "each scene alone and the change"


def test_ffmpeg_reads_the_film_without_a_warning(both: Both) -> None:
    said = subprocess.run(
        [commands.executable(), "-v", "warning", "-i", str(both.film.path), "-f", "null", "-"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert said.stderr == ""


def test_pictures_and_sound_do_not_drift_apart_in_a_quarter_of_an_hour() -> None:
    """A scene's narration begins within half a frame of where all before it end, however many there are."""
    spoken = [Fraction(48_000 * 4 + 37 * index % 9_001, 48_000) for index in range(200)]
    for rate in (Fraction(30), Fraction(30000, 1001), Fraction(24)):
        film = lay([Wish(narration=length) for length in spoken], rate)
        for shot, length in zip(film.shots, spoken, strict=True):
            at = round(film.at(shot.start) * 48_000)
            assert abs(at / 48_000 - shot.start / rate) < Fraction(1, 96_000) + Fraction(1, 10**9)
            assert at + length * 48_000 <= round(film.at(shot.end) * 48_000)
