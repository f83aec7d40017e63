"""A text-to-image pipeline in the worker process: batches, seeds, sizes, references, previews."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diffusers import AutoPipelineForImage2Image
from PIL import Image, ImageOps

from servers.chassis.models import pipelines
from servers.chassis.models.runner import Stop
from servers.chassis.worker_main import Refused, Report
from servers.imagegen.diffusion.adapters import Adapter, Loras
from servers.imagegen.diffusion.previews import previews

_SAVING: dict[str, dict[str, Any]] = {
    "png": {"compress_level": 3},
    "jpeg": {"quality": 92},
    "webp": {"quality": 90},
}
_STEPS_OF_A_DISTILLED_FLUX = 4


class PictureRunner:
    """A loaded pipeline; see `servers.chassis.models.runner.Runner`."""

    def __init__(self, device: str, *, smaller: bool, options: dict[str, Any], loras_kept: int) -> None:
        self._device = device
        self._pipe = pipelines.load(device, options, smaller=smaller)
        self._from_picture: Any = None
        self._loras = Loras(self._pipe, loras_kept)
        self._adapter = Adapter(self._pipe)

    @property
    def footprint_bytes(self) -> int:
        """See `Runner.footprint_bytes`."""
        return pipelines.footprint_bytes(self._pipe)

    def run(
        self, batch: Sequence[dict[str, Any]], report: Report, stop: Stop, *, smaller: bool
    ) -> list[dict[str, Any]]:
        """See `Runner.run`. What is alike in a batch is said by its first."""
        if smaller:
            pipelines.save_memory(self._pipe, self._device)
        alike = batch[0]["alike"]
        self._loras.lay(alike["loras"])
        self._adapter.lay(alike["adapter"], alike["strength"] or 0.0)
        steps = alike["steps"] or _usual_steps(self._pipe)
        size = self._made(alike["width"], alike["height"])
        arguments, warnings = self._guided(alike, batch)
        pipe = self._start_from(alike, batch, size, steps, arguments, warnings)
        if alike["text_tokens"] and pipelines.takes(pipe, "max_sequence_length"):
            arguments["max_sequence_length"] = alike["text_tokens"]
        if pipelines.takes(pipe, "height"):
            arguments |= {"width": size[0], "height": size[1]}
        try:
            pictures = pipe(
                prompt=[one["prompt"] for one in batch],
                num_inference_steps=steps,
                generator=[pipelines.generator(one["seed"]) for one in batch],
                callback_on_step_end=_Steps(batch, report, stop, size, alike["preview_steps"]),
                output_type="pil",
                **arguments,
            ).images
        finally:
            self._pipe.maybe_free_model_hooks()
        report({"stage": "encoding", "fraction": 0.99})
        for one, picture in zip(batch, pictures, strict=True):
            if Path(one["path"]).parent.is_dir():  # its caller has not left meanwhile
                _save(picture, one["path"], one["format"], (alike["width"], alike["height"]))
        return [{"warnings": warnings} for _ in batch]

    def close(self) -> None:
        """See `Runner.close`."""
        self._pipe = self._from_picture = None
        del self._loras, self._adapter

    def _made(self, width: int, height: int) -> tuple[int, int]:
        """The next larger size that the model can make."""
        step = math.lcm(8, 2 * getattr(self._pipe, "vae_scale_factor", 8))
        return -(-width // step) * step, -(-height // step) * step

    def _guided(
        self, alike: dict[str, Any], batch: Sequence[dict[str, Any]]
    ) -> tuple[dict[str, Any], list[str]]:
        """The call's arguments about guidance and negative prompts, and what had to be passed over."""
        pipe, arguments, warnings = self._pipe, {}, []
        true = pipelines.default(pipe, "true_cfg_scale") if pipelines.takes(pipe, "true_cfg_scale") else None
        always = (
            true is not None and true > 1
        )  # it is guided away from a negative prompt even if none is given
        if alike["guidance"] is not None:
            if always:
                arguments["true_cfg_scale"] = alike["guidance"]
            elif pipelines.takes(pipe, "guidance_scale"):
                arguments["guidance_scale"] = alike["guidance"]
            else:
                warnings.append("guidance was passed over: the model takes none")
        if true is not None and not always and alike["true_guidance"]:
            arguments["true_cfg_scale"] = alike["true_guidance"]
        if always or alike["negative"]:
            if not pipelines.takes(pipe, "negative_prompt"):
                warnings.append("negative_prompt was passed over: the model takes none")
            elif true is not None and not always and not alike["true_guidance"]:
                warnings.append(
                    "negative_prompt was passed over: the model is distilled; its true_guidance is not set"
                )
            else:
                arguments["negative_prompt"] = [one["negative_prompt"] or " " for one in batch]
        return arguments, warnings

    def _start_from(
        self,
        alike: dict[str, Any],
        batch: Sequence[dict[str, Any]],
        size: tuple[int, int],
        steps: int,
        arguments: dict[str, Any],
        warnings: list[str],
    ) -> Any:
        """The pipeline to call, and its arguments about a reference picture."""
        if alike["strength"] is None:
            return self._pipe
        pictures = [_opened(one["reference"]) for one in batch]
        if alike["adapter"] is not None:
            arguments["ip_adapter_image"] = pictures[0]
            return self._pipe
        if self._from_picture is None:
            try:
                self._from_picture = AutoPipelineForImage2Image.from_pipe(self._pipe)
            except ValueError:
                warnings.append("reference_image was passed over: the model can not start from a picture")
                return self._pipe
            self._from_picture.set_progress_bar_config(disable=True)
        arguments["image"] = [ImageOps.fit(picture, size, Image.Resampling.LANCZOS) for picture in pictures]
        # At least one step: a model that takes none has nothing to give back.
        arguments["strength"] = min(1.0, max(1.0 - alike["strength"], 1.0 / steps + 1e-6))
        return self._from_picture


class _Steps:
    """What happens between two steps: stop if nobody waits, tell how far it is, show what there is."""

    def __init__(
        self,
        batch: Sequence[dict[str, Any]],
        report: Report,
        stop: Stop,
        size: tuple[int, int],
        preview_steps: int,
    ) -> None:
        self._batch = batch
        self._report = report
        self._stop = stop
        self._size = size
        self._every = preview_steps

    def __call__(self, pipe: Any, index: int, _: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        self._stop()
        done, steps = index + 1, pipe.num_timesteps
        told = {
            "stage": "denoising",
            "fraction": 0.05 + 0.9 * min(1.0, done / steps),
            "detail": f"step {done} of {steps}",
        }
        shown = self._every and done % self._every == 0 and done < steps and not pipelines.is_offloaded(pipe)
        looks = previews(pipe, tensors["latents"], self._size[1], self._size[0]) if shown else ()
        if not looks:
            self._report(told)
        for sample, (one, look) in enumerate(zip(self._batch, looks, strict=False)):
            if not Path(one["previews"]).is_dir():
                continue
            path = Path(one["previews"]) / f"preview-{one['seed']}-{done}.jpeg"
            look.save(path, quality=80)
            self._report({**told, "sample": sample, "preview": str(path)})
        return tensors


def _usual_steps(pipe: Any) -> int:
    """The steps that the pipeline takes when nobody says."""
    config = getattr(pipelines.denoiser(pipe), "config", {})
    if type(pipe).__name__ == "FluxPipeline" and not config.get("guidance_embeds", True):
        return _STEPS_OF_A_DISTILLED_FLUX
    return int(pipelines.default(pipe, "num_inference_steps"))


def _opened(path: str) -> Image.Image:
    try:
        with Image.open(path) as file:
            return ImageOps.exif_transpose(file).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise Refused("reference_image", "can not be decoded") from error


def _save(picture: Image.Image, path: str, kind: str, size: tuple[int, int]) -> None:
    """Crops what was rounded up, from all sides alike, and writes the file."""
    left, top = (picture.width - size[0]) // 2, (picture.height - size[1]) // 2
    picture.crop((left, top, left + size[0], top + size[1])).save(path, format=kind, **_SAVING[kind])
