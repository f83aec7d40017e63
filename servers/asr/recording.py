"""From a user's recording to the samples that a recogniser listens to.

What users supply is checked by its first bytes, measured in a worker process and decoded by a confined
ffmpeg under a demuxer we name: a playlist, or anything else that would make ffmpeg open further files, is
refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reelmesh.common.v1.asset_pb2 import Asset
from servers.chassis.engine import WorkContext
from servers.chassis.errors import Internal, InvalidArgument
from servers.chassis.media import commands, ffmpeg
from servers.chassis.media.formats import sniff
from servers.chassis.media.probe import Prober

LONGEST_SECONDS = 2 * 3600.0
FIELD = "audio"
_RATE = 16_000
_DECODING_PER_SECOND = 0.2
"""Most seconds of work allowed for a second of sound; decoding takes a hundredth of that."""


@dataclass(frozen=True)
class Recording:
    """Raw 16-bit samples of one channel at 16 kHz."""

    path: Path
    seconds: float


async def decoded(asset: Asset, work: WorkContext, prober: Prober) -> Recording:
    """The sound of an asset, in the work's scratch folder.

    Raises:
        NotFound: the asset is not in the store, or not the caller's.
        InvalidArgument: it is not sound that can be read, or too long; the details name the field.
    """
    source = await work.path(asset, FIELD)
    probe = await prober.probe(source, FIELD)
    if not probe.audio_codec:
        raise InvalidArgument((FIELD, "must hold sound; this one holds none"))
    if probe.duration > LONGEST_SECONDS:
        hours = f"{LONGEST_SECONDS / 3600:g} hours"
        raise InvalidArgument((FIELD, f"must be at most {hours} long; this one is {probe.duration:.0f} s"))
    path = work.scratch / "recording.pcm"
    demuxer = sniff(source, FIELD).demuxer
    mixed = ("-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "1", "-ar", str(_RATE))
    try:
        await ffmpeg.run(
            [
                *commands.source(source, demuxer),
                *mixed,
                *("-t", str(LONGEST_SECONDS), "-c:a", "pcm_s16le", "-f", "s16le", f"file:{path}"),
            ],
            timeout_seconds=30.0 + probe.duration * _DECODING_PER_SECOND,
        )
    except Internal as error:
        raise InvalidArgument((FIELD, "must be sound that can be decoded; this one is broken")) from error
    return Recording(path, path.stat().st_size / 2 / _RATE)
