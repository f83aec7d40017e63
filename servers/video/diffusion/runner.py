"""A StableVideoDiffusionPipeline in the worker process: long shots by going on from the last frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from servers.chassis.models import pipelines
from servers.chassis.models.runner import Stop
from servers.chassis.worker_main import Lacking, Refused, Report

KIND = "StableVideoDiffusionPipeline"
_PREVIEW = (256, 256)


class ClipRunner:
    """A loaded pipeline; see `servers.chassis.models.runner.Runner`."""

    def __init__(self, device: str, *, smaller: bool, options: dict[str, Any]) -> None:
        self._device = device
        self._pipe = pipelines.load(device, options, smaller=smaller)
        if type(self._pipe).__name__ != KIND:
            raise Lacking(f'model "{options["path"]}" is a {type(self._pipe).__name__}, not a {KIND}')

    @property
    def footprint_bytes(self) -> int:
        """See `Runner.footprint_bytes`."""
        return pipelines.footprint_bytes(self._pipe)

    def run(
        self, batch: Sequence[dict[str, Any]], report: Report, stop: Stop, *, smaller: bool
    ) -> list[dict[str, Any]]:
        """See `Runner.run`. Frames are written as they are made, so a long shot needs no more memory."""
        if smaller:
            pipelines.save_memory(self._pipe, self._device)
            self._pipe.unet.enable_forward_chunking()
        return [self._film(one, report, stop, chunk=1 if smaller else one["decode_chunk"]) for one in batch]

    def close(self) -> None:
        """See `Runner.close`."""
        self._pipe = None

    def _film(self, one: dict[str, Any], report: Report, stop: Stop, *, chunk: int) -> dict[str, Any]:
        size = self._made(one["width"], one["height"], one["most_pixels"])
        start = ImageOps.fit(_opened(one["picture"]), size, Image.Resampling.LANCZOS)
        wanted, length = one["frames"], max(2, one["run_frames"] or int(self._pipe.unet.config.num_frames))
        # Each run begins with the frame that the one before ended with: that one counts once.
        runs = max(1, math.ceil((wanted - 1) / (length - 1)))
        written = 0
        for number in range(runs):
            frames = self._run(one, start, size, length, number, chunk, _Steps(report, stop, number, runs))
            for frame in frames[0 if number == 0 else 1 :][: wanted - written]:
                frame.save(Path(one["folder"]) / f"{written:05d}.png", compress_level=1)
                written += 1
            start = frames[-1]
            stop()
            if number + 1 < runs:
                look, path = start.copy(), Path(one["folder"]) / f"preview-{number}.jpeg"
                look.thumbnail(_PREVIEW)
                look.save(path, quality=80)
                told = {"stage": "denoising", "fraction": 0.9 * (number + 1) / runs, "preview": str(path)}
                report({**told, "detail": f"part {number + 1} of {runs} is made"})
        return {"frames": written, "width": size[0], "height": size[1]}

    def _run(
        self,
        one: dict[str, Any],
        start: Image.Image,
        size: tuple[int, int],
        length: int,
        number: int,
        chunk: int,
        steps: _Steps,
    ) -> list[Image.Image]:
        try:
            frames: list[Image.Image] = self._pipe(
                start,
                width=size[0],
                height=size[1],
                num_frames=length,
                num_inference_steps=one["steps"],
                max_guidance_scale=one["guidance"],
                fps=round(one["rate"]),
                motion_bucket_id=one["motion"],
                noise_aug_strength=one["noise"],
                decode_chunk_size=chunk,
                generator=pipelines.generator(one["seed"] + number),
                callback_on_step_end=steps,
                output_type="pil",
            ).frames[0]
        finally:
            self._pipe.maybe_free_model_hooks()
        return frames

    def _made(self, width: int, height: int, most_pixels: int) -> tuple[int, int]:
        """A size of about that shape that the model can make, with no more than so many pixels."""
        scale = min(1.0, math.sqrt(most_pixels / (width * height)))
        levels = len(self._pipe.unet.config.down_block_types) - 1
        step = math.lcm(8, self._pipe.vae_scale_factor * 2**levels)
        return max(step, round(width * scale / step) * step), max(step, round(height * scale / step) * step)


class _Steps:
    """What happens between two steps: stop if nobody waits, tell how far it is."""

    def __init__(self, report: Report, stop: Stop, number: int, runs: int) -> None:
        self._report = report
        self._stop = stop
        self._number = number
        self._runs = runs

    def __call__(self, pipe: Any, index: int, _: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        self._stop()
        done, steps = index + 1, pipe.num_timesteps
        part = f"part {self._number + 1} of {self._runs}, " if self._runs > 1 else ""
        share = (self._number + 0.9 * done / steps) / self._runs
        self._report(
            {"stage": "denoising", "fraction": 0.9 * share, "detail": f"{part}step {done} of {steps}"}
        )
        return tensors


def _opened(path: str) -> Image.Image:
    try:
        with Image.open(path) as file:
            return ImageOps.exif_transpose(file).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise Refused("first_frame", "can not be decoded") from error
