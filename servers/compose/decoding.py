"""Decoding the sound of any media file to raw samples. Runs in a worker process.

Every file is decoded where its demuxer, named by us, reads nothing but that file. What is broken inside a
file is left out, as players do; a file of which nothing can be decoded is refused.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from servers.chassis.worker_main import Refused, Report

RATE = 48_000
_OPEN_SECONDS = 20.0
_BROKEN = (av.error.FFmpegError, ValueError, EOFError)


def decode(arguments: dict[str, Any], _: Report) -> dict[str, Any]:
    """Writes the first sound stream of a file as 48 kHz, stereo, 32 bit floating point.

    Arguments: `path`, `field` (the request's, for errors), `demuxer`, `out`, `most` (samples at most) and, to
    take a stretch of a clip, `start` (seconds from the clip's beginning; null: from its first sample).

    Returns {"samples"}: how many moments were written.

    Raises:
        Refused: nothing of it can be decoded.
    """
    field, most = arguments["field"], int(arguments["most"])
    written = 0
    try:
        with (
            av.open(
                arguments["path"],
                format=arguments["demuxer"],
                options={"protocol_whitelist": "file,pipe"},
                timeout=_OPEN_SECONDS,
            ) as container,
            Path(arguments["out"]).open("wb") as out,
        ):
            for block in _blocks(container, arguments["start"]):
                kept = block[: most - written]
                out.write(kept.tobytes())
                written += len(kept)
                if written >= most:
                    break
    except (*_BROKEN, IndexError):
        written = 0
    if not written:
        raise Refused(field, "must be sound that can be decoded; this one holds none, or is broken")
    return {"samples": written}


def _blocks(container: Any, start: float | None) -> Iterator[NDArray[np.float32]]:
    """The samples by blocks of moments x 2, from `start`; silence where the stream begins later than that."""
    stream = container.streams.audio[0]
    frames = _frames(container, stream)
    if start is None:
        yield from _resampled(frames)
        return
    begin = (container.start_time or 0) / av.time_base + start
    if start:
        container.seek(int(begin * av.time_base), backward=True)
    first = next(frames, None)
    if first is None:
        return
    late = 0.0 if first.pts is None else float(first.pts * first.time_base) - begin
    skip = max(0, round(-late * RATE))
    if late > 0.0:
        yield np.zeros((round(late * RATE), 2), dtype=np.float32)
    for block in _resampled(itertools.chain((first,), frames)):
        rest = block[skip:]
        skip -= len(block) - len(rest)
        yield rest


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """What can be decoded, without the padding of the encoder at its end."""
    last = None
    for frame in _decoded(container, stream):
        if last is not None:
            yield last
        last = frame
    if last is not None:
        yield _unpadded(last)


def _unpadded(frame: Any) -> Any:
    """A last frame as long as the container says that it is, where that counts in samples."""
    length = frame.duration
    if frame.time_base * frame.sample_rate != 1 or not 0 < length < frame.samples:
        return frame
    wide = length * (1 if frame.format.is_planar else len(frame.layout.channels))
    samples = np.ascontiguousarray(frame.to_ndarray()[:, :wide])
    short = av.AudioFrame.from_ndarray(samples, frame.format.name, frame.layout.name)
    short.sample_rate, short.time_base, short.pts = frame.sample_rate, frame.time_base, frame.pts
    return short


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    """Frame by frame; packets that are broken are passed over."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            return  # what follows can not be read
        if packet is None:
            return
        try:
            yield from packet.decode()
        except av.error.FFmpegError:
            continue


def _resampled(frames: Iterable[Any]) -> Iterator[NDArray[np.float32]]:
    """Frames at our rate and layout. A stream may change its own midway."""
    resampler, kind = None, None
    for frame in frames:
        frame_kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or frame_kind != kind:
            if resampler is not None:
                yield from _samples(resampler.resample(None))
            resampler, kind = av.AudioResampler(format="flt", layout="stereo", rate=RATE), frame_kind
        frame.pts = None  # times do not matter any more, and a gap would be an error
        yield from _samples(resampler.resample(frame))
    if resampler is not None:
        yield from _samples(resampler.resample(None))


def _samples(frames: list[Any]) -> Iterator[NDArray[np.float32]]:
    for frame in frames:
        yield frame.to_ndarray().reshape(-1, 2)
