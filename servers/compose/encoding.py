"""How films are encoded: the arguments of each codec's encoder, the container and the sound that go with it.

Pieces of a film are encoded apart and joined without encoding again, so every encoder is told to close its
groups of pictures and to use one thread: then the bytes do not depend on how many cores a machine has.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from servers.compose.render_settings import group

TAGS = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
_PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow"),
)
_SVT = dict(zip(_PRESETS, (12, 11, 10, 9, 8, 7, 6, 4, 2), strict=True))
_VPX = dict(zip(_PRESETS, (8, 7, 6, 5, 4, 3, 2, 1, 0), strict=True))
_BURST = 2
"""Seconds over which a limit of the bit rate holds."""


@dataclass(frozen=True)
class Codec:
    """A codec for pictures and what goes with it."""

    encoder: str
    """ffmpeg's name of the encoder."""
    name: str
    """ffmpeg's name of the codec."""
    crf: int
    """Default quality."""
    webm: bool = False
    """Whether it goes into WebM, with Opus; else into MP4, with AAC."""

    @property
    def media_type(self) -> str:
        """Of the film."""
        return "video/webm" if self.webm else "video/mp4"

    @property
    def sound(self) -> str:
        """ffmpeg's name of the sound's codec."""
        return "opus" if self.webm else "aac"

    @property
    def sound_encoder(self) -> str:
        """ffmpeg's name of its encoder."""
        return "libopus" if self.webm else "aac"

    @property
    def muxer(self) -> tuple[str, ...]:
        """Arguments that name the film's container, its index first."""
        return (
            ("-cues_to_front", "1", "-f", "webm") if self.webm else ("-movflags", "+faststart", "-f", "mp4")
        )


H264 = Codec("libx264", "h264", 23)
H265 = Codec("libx265", "hevc", 27)
AV1 = Codec("libsvtav1", "av1", 32)
VP9 = Codec("libvpx-vp9", "vp9", 33, webm=True)
AV1_WEBM = Codec("libsvtav1", "av1", 32, webm=True)


@dataclass(frozen=True)
class Encoding:
    """How pictures are encoded. Crosses to the worker processes as JSON."""

    encoder: str
    preset: str
    """By x264's names."""
    crf: int
    max_bits: int = 0
    """Most bits per second; 0: no limit."""
    bits: int = 0
    """Bits per second to keep to in place of `crf`; 0: none."""

    def as_json(self) -> dict[str, Any]:
        """As a plain dictionary."""
        return asdict(self)

    def arguments(self, fps: Fraction, *, alone: bool = False) -> list[str]:
        """ffmpeg's arguments for the pictures.

        Args:
            fps: frames per second.
            alone: whether nothing else is encoded at the same time, so that all cores may be used.

        Raises:
            ValueError: no such encoder.
        """
        made = {
            "libx264": self._x264,
            "libx265": self._x265,
            "libsvtav1": self._svt,
            "libvpx-vp9": self._vpx,
        }.get(self.encoder)
        if made is None:
            raise ValueError(f"no such encoder: {self.encoder}")
        threads = "0" if alone else "1"
        common = ("-threads", threads, "-g", str(group(fps)), "-pix_fmt", "yuv420p", *TAGS)
        return ["-c:v", self.encoder, *made(group(fps), alone), *common]

    def _x264(self, _: int, __: bool) -> list[str]:
        return ["-preset", self.preset, *self._rate(), "-flags", "+cgop"]

    def _x265(self, frames: int, alone: bool) -> list[str]:
        closed = f"open-gop=0:keyint={frames}:log-level=error:info=0"
        threads = "" if alone else ":pools=1:frame-threads=1"
        # hvc1 is the tag that Apple's players ask for.
        return ["-preset", self.preset, *self._rate(), "-x265-params", closed + threads, "-tag:v", "hvc1"]

    def _svt(self, _: int, alone: bool) -> list[str]:
        return ["-preset", str(_SVT[self.preset]), *self._rate(), "-svtav1-params", f"lp={0 if alone else 1}"]

    def _vpx(self, _: int, alone: bool) -> list[str]:
        speed = _VPX[self.preset]
        deadline = "realtime" if speed > 5 else "good"
        limit = min(filter(None, (self.bits, self.max_bits)), default=0)
        quality = () if self.bits else ("-crf", str(self.crf))
        rate = (*quality, "-b:v", str(limit))
        return [
            "-deadline",
            deadline,
            "-cpu-used",
            str(speed),
            "-auto-alt-ref",
            "0",
            "-row-mt",
            str(int(alone)),
            *rate,
        ]

    def _rate(self) -> list[str]:
        most = self.max_bits
        if self.bits:
            most = min(most, 2 * self.bits) if most else 2 * self.bits
            return ["-b:v", str(self.bits), "-maxrate", str(most), "-bufsize", str(_BURST * most)]
        limit = ["-maxrate", str(most), "-bufsize", str(_BURST * most)] if most else []
        return ["-crf", str(self.crf), *limit]
