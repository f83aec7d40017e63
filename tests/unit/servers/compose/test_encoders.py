"""Encoders: what is tried is used or told of, and pieces fit together whichever way frames reach them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from reelmesh.compose.v1 import timeline_pb2 as parts
from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.compose.defaults import output, set_seconds
from servers.compose.encoder import Encoder, PipedEncoder
from servers.compose.encoding import encoding
from servers.compose.hardware import KINDS, Hardware, hardware
from tests.unit.servers.compose.studio import Desk, Stage, canvas, film_of

SIZE, FPS = (96, 64), Fraction(30)


def frames() -> list[np.ndarray]:
    draw = np.random.default_rng(1)
    return [draw.integers(40, 200, SIZE[0] * SIZE[1] * 3 // 2, dtype=np.uint8) for _ in range(12)]


@pytest.mark.parametrize("kind", [Encoder, PipedEncoder])
def test_every_frame_comes_out_at_its_time(kind: type[Encoder], tmp_path: Path) -> None:
    out = parts.Output()
    output(out)
    made = encoding(out, FPS, Fraction(1))
    with kind(tmp_path / "piece.mp4", SIZE, FPS, made.codec, made.options) as encoder:
        for frame in frames():
            encoder.write(frame)
    with av.open(str(tmp_path / "piece.mp4")) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.color_range, context.colorspace, context.pix_fmt) == (1, 1, "yuv420p")
        times = [frame.pts * frame.time_base for frame in container.decode(stream)]
    assert times == [Fraction(number, 30) for number in range(12)]


@pytest.mark.parametrize("kind", [Encoder, PipedEncoder])
def test_an_encoder_that_does_not_open_says_so(kind: type[Encoder], tmp_path: Path) -> None:
    def encode() -> None:
        with kind(tmp_path / "piece.mp4", SIZE, FPS, "no_such_encoder", {}) as encoder:
            for _ in range(200):
                for frame in frames():
                    encoder.write(frame)

    with pytest.raises(RuntimeError, match=r"no_such|ffmpeg failed"):
        encode()


def test_every_hardware_encoder_keeps_limits_and_closed_groups() -> None:
    out = parts.Output(max_bits_per_second=1_000_000)
    output(out)
    for kind in KINDS:
        made = hardware(kind, out, encoding(out, FPS, Fraction(1)))
        assert made.codec == f"h264_{kind}"
        assert "cgop" in made.options["flags"]
        assert int(made.options["maxrate"]) <= 1_000_000


def test_an_encoder_that_is_asked_for_and_does_not_work_is_told_of(tmp_path: Path) -> None:
    """No machine has all of them: at least one is missing here, and then x264 makes the film."""
    desk, told = Desk(tmp_path), []
    made = ComposeRequest(canvas=canvas(64, 64, 10))
    made.output.preset = "ultrafast"
    set_seconds(made.scenes.add(picture=desk.picture((9, 90, 9), (64, 64))).duration, 0.5)
    for kind in ("videotoolbox", "qsv"):
        stage = Stage(workers=1, encoder=kind, kept_bytes=0)
        try:
            result = stage.shoot(made, desk)
        finally:
            stage.close()
        assert len(film_of(desk, result.film).times()) == 5
        if result.work.encoder == "libx264":
            told.append([warning for warning in result.provenance.warnings if kind in warning])
    assert told
    assert all(told)


def test_an_encoder_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="x264"):
        Hardware("quantum")
