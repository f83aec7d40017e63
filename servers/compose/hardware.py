"""Encoders in hardware: which of them works here is found out by trying, never taken for granted.

A machine with a graphics card may have no encoder (data centre cards often have none), or none that is free.
What hardware encodes is larger at the same quality, so it is used only where the settings ask for it.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path

from reelmesh.compose.v1 import timeline_pb2 as parts
from servers.chassis.errors import Fault
from servers.chassis.worker import WorkerPool
from servers.compose.encoding import Encoding

SOFTWARE = "x264"
ANY = "auto"
KINDS = ("nvenc", "qsv", "videotoolbox", "vaapi")
"""In the order in which "auto" tries them."""
_TRY_SECONDS = 30.0
_QP_TO_LAMBDA = 118


class Hardware:
    """The encoder that the settings ask for, tried once."""

    def __init__(self, wanted: str) -> None:
        """`wanted` is `SOFTWARE`, `ANY` or one of `KINDS`.

        Raises:
            ValueError: it is none of them.
        """
        if wanted not in (SOFTWARE, ANY, *KINDS):
            raise ValueError(f"encoder: must be one of {', '.join((SOFTWARE, ANY, *KINDS))}")
        self.wanted = wanted
        self._works: dict[str, bool] = {}
        self._trying = asyncio.Lock()

    async def chosen(
        self, encoding: Encoding, output: parts.Output, renderers: WorkerPool, folder: Path
    ) -> tuple[Encoding, list[str]]:
        """The encoding to use, and what has to be told of it.

        Args:
            encoding: by x264, for which another may stand.
            output: what the request asks for.
            renderers: the processes to try it in.
            folder: for what is tried.
        """
        if self.wanted == SOFTWARE or encoding.codec != "libx264":
            return encoding, []
        kinds = KINDS if self.wanted == ANY else (self.wanted,)
        async with self._trying:
            for kind in kinds:
                if kind not in self._works:
                    self._works[kind] = await _works(hardware(kind, output, encoding), renderers, folder)
                if self._works[kind]:
                    return hardware(kind, output, encoding), []
        if self.wanted == ANY:
            return encoding, []
        return encoding, [f"the encoder {self.wanted} does not work on this server: x264 was used"]


def hardware(kind: str, output: parts.Output, encoding: Encoding) -> Encoding:
    """The same quality, about, by one of `KINDS`; limits of the bit rate are kept."""
    crf = output.crf
    kept = {name: value for name, value in encoding.options.items() if name in ("g", "flags", "b", "maxrate")}
    quality = {
        "nvenc": {"preset": "p4", "rc": "vbr", "cq": str(crf)},
        "qsv": {"preset": "veryfast", "global_quality": str(max(1, crf))},
        # Its quality goes from 1 to 100.
        "videotoolbox": {"global_quality": str(round((51 - crf) / 51 * 99 + 1) * _QP_TO_LAMBDA)},
        "vaapi": {"rc_mode": "CQP", "qp": str(max(1, crf))},
    }[kind]
    if kind == "videotoolbox":
        kept["flags"] += "+qscale"
    if "b" in kept:
        quality = {"rc_mode": "VBR"} if kind == "vaapi" else {}
    return Encoding(f"h264_{kind}", {**kept, **quality})


async def _works(encoding: Encoding, renderers: WorkerPool, folder: Path) -> bool:
    arguments = {"encoding": asdict(encoding), "out": str(folder / f"{encoding.codec}.mp4")}
    try:
        answer = await renderers.call("try_encoder", arguments, timeout_seconds=_TRY_SECONDS)
    except Fault:  # a driver may take its process with it
        return False
    return bool(answer["works"])
