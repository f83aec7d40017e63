"""Diffusers without a mesh, for `tests.bench.models`: python -m tests.bench._models_bare FOLDER.

Reads lines from stdin: "draw SIZE STEPS COUNT" makes pictures one after the other and saves them, "load A B"
loads two pipelines in turn. Answers each with the seconds that it took, of the clock and of the processor.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from diffusers import DiffusionPipeline
from diffusers.utils import logging

TEXT_TOKENS = 32


def load(folder: str) -> Any:
    pipe = DiffusionPipeline.from_pretrained(folder, local_files_only=True, torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    return pipe.to("cpu")


def draw(pipe: Any, size: int, steps: int, count: int, out: Path) -> None:
    for seed in range(count):
        picture = pipe(
            f"a fox and {seed} grapes",
            height=size,
            width=size,
            num_inference_steps=steps,
            max_sequence_length=TEXT_TOKENS,
            generator=torch.Generator().manual_seed(seed),
        ).images[0]
        picture.save(out / f"{seed}.png", compress_level=3)


def main() -> None:
    logging.disable_progress_bar()
    pipe = load(sys.argv[1])
    with tempfile.TemporaryDirectory() as out:
        print("ready", flush=True)
        for line in sys.stdin:
            what, *arguments = line.split()
            begin, used = time.perf_counter(), time.process_time()
            if what == "draw":
                draw(pipe, *map(int, arguments), Path(out))
            for folder in arguments if what == "load" else ():
                load(folder)
                gc.collect()
            print(time.perf_counter() - begin, time.process_time() - used, flush=True)


if __name__ == "__main__":
    main()
