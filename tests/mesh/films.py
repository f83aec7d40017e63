"""A finished film taken apart, and what its subtitles say."""

from __future__ import annotations

import re
import struct
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

import reelmesh
from reelmesh.orchestrator.v1.job_pb2 import Job, SceneView
from reelmesh.tts.v1 import tts_pb2
from reelmesh.tts.v1.tts_pb2_grpc import TTSServiceStub
from servers.chassis.media import commands

_SRT_TIMES = re.compile(r"^(\d+):(\d\d):(\d\d)[,.](\d{3}) --> (\d+):(\d\d):(\d\d)[,.](\d{3})$")
_ASS_EVENT = re.compile(
    r"^Dialogue: \d+,(\d+):(\d\d):(\d\d\.\d\d),(\d+):(\d\d):(\d\d\.\d\d),Subtitle,.*?,,(.*)$"
)
_LIT = re.compile(r"\{\\1c&H[0-9A-F]{6}&\}(.*?)\{\\r\}")


@dataclass(frozen=True)
class Film:
    """A file that should be a film."""

    path: Path

    def errors(self) -> str:
        """What a decoder complains of when it reads every frame and sample."""
        arguments = ["-v", "error", "-xerror", "-i", str(self.path), "-f", "null", "-"]
        ended = subprocess.run([commands.executable(), *arguments], capture_output=True, text=True)
        return ended.stderr.strip() or ("" if ended.returncode == 0 else f"exit code {ended.returncode}")

    def boxes(self) -> list[str]:
        """The file's outermost boxes in order (ISO/IEC 14496-12)."""
        content, at, names = self.path.read_bytes(), 0, []
        while at < len(content):
            size, name = struct.unpack(">I4s", content[at : at + 8])
            if size == 1:
                (size,) = struct.unpack(">Q", content[at + 8 : at + 16])
            names.append(name.decode("latin-1"))
            at += size or len(content) - at
        return names

    def times(self) -> list[Fraction]:
        """When each frame is shown, seconds."""
        with av.open(str(self.path)) as container:
            return [Fraction(frame.pts or 0) * (frame.time_base or 0) for frame in container.decode(video=0)]

    def frames(self) -> NDArray[np.uint8]:
        """All frames: number x height x width x RGB."""
        with av.open(str(self.path)) as container:
            return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def samples(path: Path, rate: int) -> NDArray[np.float32]:
    """The sound of a file as one channel."""
    arguments = [
        "-v",
        "error",
        "-i",
        str(path),
        "-map",
        "0:a:0",
        "-ac",
        "1",
        "-ar",
        str(rate),
        "-f",
        "f32le",
        "-",
    ]
    ended = subprocess.run([commands.executable(), *arguments], capture_output=True, check=True)
    return np.frombuffer(ended.stdout, dtype="<f4")


async def fetch(client: reelmesh.Client, job: Job, folder: Path) -> Film:
    """The film of a job that succeeded."""
    return Film(await client.download(job.result.film, folder / "film.mp4"))


async def output(client: reelmesh.Client, job: Job, media_type: str) -> str:
    """The text of the job's output of that type."""
    (asset,) = [one.asset for one in job.result.assets if one.asset.media_type == media_type]
    return b"".join([chunk async for chunk in client.read(asset)]).decode()


@dataclass(frozen=True)
class Caption:
    """A text with when it is shown, seconds of the film."""

    start: float
    end: float
    text: str


def captions(file: str) -> list[Caption]:
    """The captions of a SubRip or WebVTT file."""
    found = []
    for block in file.split("\n\n"):
        lines = [line for line in block.splitlines() if line]
        for number, line in enumerate(lines):
            if match := _SRT_TIMES.match(line):
                h1, m1, s1, ms1, h2, m2, s2, ms2 = map(int, match.groups())
                start = h1 * 3600 + m1 * 60 + s1 + ms1 / 1000
                end = h2 * 3600 + m2 * 60 + s2 + ms2 / 1000
                found.append(Caption(start, end, " ".join(lines[number + 1 :])))
    return found


def lit_words(script: str) -> list[Caption]:
    """The words that an ASS script lights, one after the other."""
    found = []
    for line in script.splitlines():
        if match := _ASS_EVENT.match(line):
            h1, m1, s1, h2, m2, s2, text = match.groups()
            lit = _LIT.search(text)
            if lit:
                start = int(h1) * 3600 + int(m1) * 60 + float(s1)
                found.append(Caption(start, int(h2) * 3600 + int(m2) * 60 + float(s2), lit.group(1)))
    return found


async def spoken_words(client: reelmesh.Client, scenes: list[SceneView]) -> list[Caption]:
    """Every word of a film with when it is spoken, as the engine that speaks it says, seconds of the film."""
    stub = TTSServiceStub(client.channel("tts"))
    found = []
    for view in scenes:
        request = tts_pb2.SynthesizeRequest(
            text=view.scene.text, language=view.scene.language, seed=view.scene.seed
        )
        result = [response.result async for response in stub.Synthesize(request)][-1]
        assert result.audio.digest == view.narration.digest  # this very sound is in the film
        begin = view.start.ToNanoseconds() / 1e9
        for word in result.words:
            start, end = word.start.ToNanoseconds() / 1e9, word.end.ToNanoseconds() / 1e9
            found.append(Caption(begin + start, begin + end, word.text))
    return found
