"""The film's sound: mixed to the sample, brought to its loudness, encoded.

Loudness is measured on the whole mix first and set by one gain then (EBU R128, so ITU-R BS.1770), with a
limiter on the true peak behind it; where the limiter takes away too much, the gain is set again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from servers.chassis.media import commands, ffmpeg
from servers.chassis.worker import WorkerPool
from servers.compose.materials import FRAME_BYTES, RATE

PEAK_DB = -2.0
"""True peak of the sound before it is encoded; encoding to AAC adds up to half a decibel."""
_SAME_DB = 0.001
_QUICK_BITS = 96_000
_SILENT_LUFS = -60.0
_MOST_GAIN_DB = 40.0
_SLOWEST_STEP = 0.5
"""What one `atempo` can do."""
_NEAR_ENOUGH_LU = 0.3
_TIMEOUT_SECONDS = 1800.0
_LOUDNESS = re.compile(r"^\s*I:\s*(-?[\d.]+|-?inf|nan) LUFS")
_PEAK = re.compile(r"^\s*Peak:\s*(-?[\d.]+|-?inf|nan) dBFS")


@dataclass(frozen=True)
class Placed:
    """A sound at its place in the film. Samples count from the film's first."""

    path: str
    samples: int
    """How many of it are heard."""
    at: int
    gain_db: float = 0.0
    fade: int = 144
    """Samples of fading at either end, so that nothing clicks."""


@dataclass(frozen=True)
class Bed:
    """Music under the film."""

    path: str
    samples: int
    gain_db: float
    duck_db: float
    fade_in: int
    """Samples."""
    fade_out: int
    """Samples."""


@dataclass(frozen=True)
class Loudness:
    """What was measured."""

    lufs: float
    peak_db: float
    """True peak, dBTP."""

    @property
    def silent(self) -> bool:
        """Whether there is nothing to bring to a loudness."""
        return not self.lufs > _SILENT_LUFS


@dataclass(frozen=True)
class Mix:
    """Everything that is heard, and when somebody speaks."""

    samples: int
    """Length of the film."""
    spoken: Sequence[Placed]
    """What is spoken."""
    around: Sequence[Placed]
    """All other sounds but the music."""
    bed: Bed | None
    speech: Sequence[tuple[int, int]]
    """First and last sample of every stretch of speech, in order, not overlapping."""


async def make(
    mix: Mix,
    folder: Path,
    target_lufs: float | None,
    bits_per_second: int,
    mixers: WorkerPool,
    *,
    name: str = "sound",
    webm: bool = False,
    limited: bool = True,
    samples: int | None = None,
) -> Path:
    """Makes the film's sound as an .m4a, or with Opus as a .webm, exactly as long as the film.

    Args:
        mix: what is heard.
        folder: where to.
        target_lufs: the loudness to bring it to; None leaves it as it is mixed.
        bits_per_second: of the encoder.
        mixers: the processes that mix.
        name: of the file, without ending.
        webm: whether it is Opus in WebM.
        limited: whether peaks may be limited to reach the loudness. Else it is quicker, and may be softer.
        samples: how much of its beginning to make; None: all.

    Raises:
        Internal: mixing or encoding failed.
    """
    mixed, out = folder / f"{name}.f32", folder / (f"{name}.webm" if webm else f"{name}.m4a")
    length = mix.samples if samples is None else samples
    arguments = {
        "samples": mix.samples,
        "until": length,
        "sounds": [asdict(sound) for sound in (*mix.spoken, *mix.around)],
        "bed": None if mix.bed is None else asdict(mix.bed),
        "speech": [list(stretch) for stretch in mix.speech],
        "out": str(mixed),
    }
    await mixers.call("mix", arguments, timeout_seconds=_TIMEOUT_SECONDS)
    before = await measure(mixed)
    free = target_lufs is None or before.silent
    gain = 0.0 if target_lufs is None or free else min(target_lufs - before.lufs, _MOST_GAIN_DB)
    if not limited:
        gain = min(gain, PEAK_DB - before.peak_db)
    limited = before.peak_db + gain > PEAK_DB + _SAME_DB
    if limited and target_lufs is not None:
        gain = await _settled_gain(mixed, gain, target_lufs)
    await ffmpeg.run(
        (
            *raw(mixed),
            *("-af", chain(gain, limited, length)),
            *(("-c:a", "libopus") if webm else ("-c:a", "aac", "-aac_coder", _coder(bits_per_second))),
            *("-b:a", str(bits_per_second)),
            *("-bitexact", "-f", "webm" if webm else "mp4", f"file:{out}"),
        ),
        timeout_seconds=_TIMEOUT_SECONDS,
    )
    mixed.unlink()
    return out


def _coder(bits_per_second: int) -> str:
    """How ffmpeg's AAC encoder chooses its quantizers: of its two ways the quick one is the better, too, but
    for low rates."""
    return "fast" if bits_per_second >= _QUICK_BITS else "twoloop"


async def slowed(path: Path, samples: int, speed: float, out: Path) -> int:
    """Writes raw sound slowed down at its pitch; returns its length in samples.

    Raises:
        Internal: ffmpeg failed.
    """
    steps: list[str] = []
    while speed < _SLOWEST_STEP:
        steps.append(f"atempo={_SLOWEST_STEP}")
        speed /= _SLOWEST_STEP
    tempo = ",".join((*steps, f"atempo={speed:.6f}"))
    arguments = (*raw(path), "-af", tempo, "-t", f"{samples / RATE / 0.2:.3f}", "-f", "f32le", f"file:{out}")
    await ffmpeg.run(arguments, timeout_seconds=_TIMEOUT_SECONDS)
    return (await asyncio.to_thread(out.stat)).st_size // FRAME_BYTES


def fingerprint(mix: Mix) -> str:
    """Changes when the mix would sound otherwise: of what is read, content and place, not name. Blocks."""
    parts: list[Any] = [mix.samples, [list(stretch) for stretch in mix.speech]]
    for sound in (*mix.spoken, *mix.around, *(() if mix.bed is None else (mix.bed,))):
        with Path(sound.path).open("rb") as file:
            parts.append({**asdict(sound), "path": hashlib.file_digest(file, "sha256").hexdigest()})
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


async def measure(path: Path, filters: str = "") -> Loudness:
    """Integrated loudness and true peak of raw sound, after `filters`.

    Raises:
        Internal: ffmpeg failed.
    """
    meter = f"{filters}{',' if filters else ''}ebur128=peak=true:framelog=quiet"
    lines = await ffmpeg.logged(
        ("-loglevel", "info", *raw(path), "-af", meter, "-f", "null", "-"),
        timeout_seconds=_TIMEOUT_SECONDS,
        kept_lines=60,
    )
    return Loudness(_last(_LOUDNESS, lines), _last(_PEAK, lines))


def chain(gain_db: float, limited: bool, samples: int | None) -> str:
    """The filters that set the loudness and bound the true peak; `samples` is the length to end with."""
    steps = [f"volume={gain_db:.3f}dB:precision=float"]
    if limited:
        limit = 10 ** (PEAK_DB / 20)
        # Peaks between samples are seen at four times the rate.
        steps.append(
            f"aresample={4 * RATE},alimiter=limit={limit:.5f}:attack=5:release=80:level=false:latency=true,"
            f"aresample={RATE}"
        )
    if samples is not None:
        steps.append(f"apad=whole_len={samples},atrim=end_sample={samples}")
    return ",".join(steps)


def raw(path: Path) -> list[str]:
    """The input of raw sound of ours."""
    return commands.source(path, "f32le", "-ar", str(RATE), "-ch_layout", "stereo")


async def _settled_gain(mixed: Path, gain: float, target: float) -> float:
    """Raises the gain by what the limiter took, once: more would only squash."""
    after = await measure(mixed, chain(gain, limited=True, samples=None))
    short = target - after.lufs
    return gain + short if _NEAR_ENOUGH_LU < short < 6.0 else gain


def _last(pattern: re.Pattern[str], lines: Sequence[str]) -> float:
    found = [match.group(1) for line in lines if (match := pattern.match(line))]
    return float(found[-1]) if found else float("-inf")
