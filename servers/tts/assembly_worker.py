"""The worker process that joins what an engine spoke in several calls, without clicks, with even pauses."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np

from servers.chassis.media import audio
from servers.chassis.worker_main import Refused, Report, serve

FADE_SECONDS = 0.005
_SLACK = 2.0
"""A pause is shortened only where it is more than so many times what it should be."""


def join(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Joins WAV files of one 16-bit channel into the WAV file `path`.

    Arguments: parts (paths, in order, of one rate), pauses (seconds that should be silent behind each but the
    last), path.
    Returns: rate in hertz, samples, starts (the sample at which each part begins). What is in a part keeps
    its distance to the part's begin; only silence behind its speech is cut.
    """
    sounds = [audio.read_wav(Path(part)) for part in arguments["parts"]]
    rates = {rate for _, rate in sounds}
    if len(rates) != 1:
        raise RuntimeError("the parts have several rates")
    rate = rates.pop()
    bounds = [audio.speech_bounds(audio.activity(samples, rate), rate, len(samples)) for samples, _ in sounds]
    if not any(end for _, end in bounds):
        raise Refused("text", "holds nothing that this voice can say")
    starts: list[int] = []
    written = 0
    with wave.open(str(arguments["path"]), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        for number, (samples, _) in enumerate(sounds):
            starts.append(written)
            behind = 0
            if number + 1 < len(sounds):
                wanted = round(arguments["pauses"][number] * rate)
                end = bounds[number][1] or len(samples)
                there = len(samples) - end + bounds[number + 1][0]
                behind = max(0, wanted - there)
                if there > _SLACK * wanted:
                    keep = max(0, wanted - bounds[number + 1][0])
                    samples = samples[: end + keep]
            pieces = [samples] if len(sounds) == 1 else [audio.faded(samples, rate, FADE_SECONDS)]
            pieces.append(np.zeros(behind, np.int16))
            for piece in pieces:
                file.writeframes(piece.astype("<i2").tobytes())
                written += len(piece)
            report({"fraction": (number + 1) / len(sounds)})
    return {"rate": rate, "samples": written, "starts": starts}


if __name__ == "__main__":
    serve({"join": join})
