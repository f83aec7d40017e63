"""Sound of any file is decoded to the sample, and what is broken in it is left out or refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from servers.chassis.media import commands
from servers.chassis.media.formats import sniff
from servers.chassis.worker_main import Refused
from servers.compose.decoding import RATE, decode

SECONDS = 3.0


def noise(folder: Path, rate: int = RATE) -> Path:
    """Noise that is like itself at no other place."""
    path = folder / f"noise-{rate}.wav"
    samples = np.random.default_rng(1).standard_normal(round(SECONDS * rate))
    soft = np.convolve(samples, np.ones(40) / 40, "same")
    raw = (0.6 * soft / np.abs(soft).max()).astype("<f4")
    command = ["-f", "f32le", "-ar", str(rate), "-ac", "1", "-i", "-"]
    subprocess.run(
        [commands.executable(), "-v", "error", *command, "-y", str(path)], input=raw.tobytes(), check=True
    )
    return path


def coded(source: Path, out: Path, *options: str) -> Path:
    """The same in another container or codec."""
    subprocess.run(
        [commands.executable(), "-v", "error", "-i", str(source), *options, "-y", str(out)], check=True
    )
    return out


def decoded(path: Path, start: float | None = None, most: int = 10**9) -> NDArray[np.float32]:
    """Its samples, of one channel."""
    out = path.with_suffix(".f32")
    arguments = {"path": str(path), "field": "music.audio", "demuxer": sniff(path, "x").demuxer}
    made = decode({**arguments, "out": str(out), "start": start, "most": most}, lambda _: None)
    samples = np.fromfile(out, "<f4").reshape(-1, 2)
    assert made == {"samples": len(samples)}
    return samples[:, 0]


def place(part: NDArray[np.float32], whole: NDArray[np.float32]) -> int:
    """Where in the whole a part of it was taken, in samples."""
    size = 1 << 19
    alike = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size)), size)
    return int(alike.argmax())


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.m4a", "a.ogg", "a.mka"])
@pytest.mark.parametrize("start", [None, 0.7])
def test_every_sample_is_where_it_was(name: str, start: float | None, tmp_path: Path) -> None:
    whole = noise(tmp_path)
    samples = decoded(coded(whole, tmp_path / name), start)
    begin = round((start or 0.0) * RATE)
    # Matroska's times have milliseconds only.
    near = RATE // 1000 if start and name.endswith("mka") else 1
    assert len(samples) == pytest.approx(round(SECONDS * RATE) - begin, abs=near)
    assert place(samples[20_000:60_000], decoded(whole)) == pytest.approx(begin + 20_000, abs=near - 1)


def test_the_padding_of_an_encoder_is_no_sound(tmp_path: Path) -> None:
    # Three seconds at 44.1 kHz are no whole number of AAC's frames of 1024 samples.
    samples = decoded(coded(noise(tmp_path, 44_100), tmp_path / "a.m4a"))
    assert len(samples) == round(SECONDS * RATE)


def test_sound_that_begins_later_than_its_clip_is_heard_later(tmp_path: Path) -> None:
    whole = noise(tmp_path)
    video = ("-f", "lavfi", "-i", "color=d=3:s=64x64:r=25", "-map", "1:v", "-map", "0:a")
    shift = ("-filter:a", "asetpts=PTS+0.5/TB", "-c:a", "pcm_s16le")
    clip = coded(whole, tmp_path / "late.mkv", *video, *shift)
    assert place(decoded(clip, 0.0)[60_000:100_000], decoded(whole)) == 60_000 - round(0.5 * RATE)


def test_no_more_is_decoded_than_is_wanted(tmp_path: Path) -> None:
    assert len(decoded(noise(tmp_path), most=1000)) == 1000


def test_what_is_broken_within_a_file_is_left_out(tmp_path: Path) -> None:
    path = coded(noise(tmp_path), tmp_path / "a.mp3", "-b:a", "128k")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = bytes(4000)
    path.write_bytes(content)
    assert 0.8 * SECONDS * RATE < len(decoded(path)) <= SECONDS * RATE + 2


def test_a_file_without_sound_is_refused_by_its_field(tmp_path: Path) -> None:
    silent = tmp_path / "silent.mp4"
    command = ("-f", "lavfi", "-i", "color=d=1:s=64x64:r=25", "-an")
    subprocess.run([commands.executable(), "-v", "error", *command, "-y", str(silent)], check=True)
    with pytest.raises(Refused, match=r"music\.audio: must be sound that can be decoded"):
        decoded(silent)
