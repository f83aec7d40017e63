"""The codecs that films may have, and what goes with each: encoder, container, sound."""

from __future__ import annotations

from dataclasses import dataclass

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_PROGRAM, Missing
from reelmesh.compose.v1 import timeline_pb2 as parts
from servers.chassis.errors import FailedPrecondition
from servers.chassis.media import commands


@dataclass(frozen=True)
class Codec:
    """A codec for pictures and what goes with it."""

    encoder: str
    """libavcodec's name of the encoder."""
    name: str
    """Its name of the codec."""
    crf: int
    """Default quality."""
    webm: bool = False
    """Whether it goes into WebM, with Opus; else into MP4, with AAC."""
    tag: str = ""
    """How MP4 names it, where there is a choice."""

    @property
    def media_type(self) -> str:
        """Of the film."""
        return "video/webm" if self.webm else "video/mp4"

    @property
    def sound(self) -> str:
        """libavcodec's name of the sound's codec."""
        return "opus" if self.webm else "aac"

    @property
    def sound_encoder(self) -> str:
        """Its name of the sound's encoder."""
        return "libopus" if self.webm else "aac"

    @property
    def muxer(self) -> tuple[str, ...]:
        """ffmpeg's arguments for the film's container, its index first."""
        tag = ("-tag:v", self.tag) if self.tag else ()
        where = ("-cues_to_front", "1") if self.webm else ("-movflags", "+faststart")
        return (*tag, *where, "-f", "webm" if self.webm else "mp4")

    @property
    def demuxer(self) -> str:
        """ffmpeg's name of what reads that container."""
        return "matroska" if self.webm else "mov"


H264 = Codec("libx264", "h264", 23)

CODECS = {
    parts.VIDEO_CODEC_H264: H264,
    # hvc1 is the tag that Apple's players ask for.
    parts.VIDEO_CODEC_H265: Codec("libx265", "hevc", 27, tag="hvc1"),
    parts.VIDEO_CODEC_AV1: Codec("libsvtav1", "av1", 32),
    parts.VIDEO_CODEC_VP9: Codec("libvpx-vp9", "vp9", 33, webm=True),
    parts.VIDEO_CODEC_AV1_WEBM: Codec("libsvtav1", "av1", 32, webm=True),
}


def codec(output: parts.Output) -> Codec:
    """The codec of an output whose defaults are filled in.

    Raises:
        FailedPrecondition: the ffmpeg here has no encoder for it.
    """
    found = CODECS[output.codec]
    lacking = [name for name in (found.encoder, found.sound_encoder) if name not in commands.encoders()]
    if lacking:
        what = " and ".join(lacking)
        missing = Missing(kind=MISSING_KIND_PROGRAM, name=what, remedy=commands.REMEDY)
        raise FailedPrecondition(f"the ffmpeg here has no encoder {what}", missing=[missing])
    return found
