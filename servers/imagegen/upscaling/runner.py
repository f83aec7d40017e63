"""A model that enlarges, in the worker process: square by square, so that memory is bounded by the result.

What is worked through is the result: for each of its squares the model sees the part of the picture behind it
and a margin around that, and what it makes is resampled to the square. So any size can be asked of a model
that knows one factor.
"""

from __future__ import annotations

import contextlib
import resource
import subprocess
import sys
import types
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from servers.chassis.media import camera, commands
from servers.chassis.models.runner import Stop
from servers.chassis.worker_main import Lacking, Refused, Report
from servers.imagegen.fitting_worker import SAVING
from servers.imagegen.upscaling import clips

Pixels = NDArray[np.uint8]
_CHANNELS = 3
_FFMPEG_BYTES = 6 * 1024**3
_LOG_LINES = 12


class UpscaleRunner:
    """A loaded model; see `servers.chassis.models.runner.Runner`."""

    def __init__(self, device: str, *, smaller: bool, path: str, identity: str) -> None:
        self._device = device
        self._model = _loaded(Path(path), device)

    @property
    def footprint_bytes(self) -> int:
        """See `Runner.footprint_bytes`."""
        return sum(one.numel() * one.element_size() for one in self._model.model.state_dict().values())

    def run(
        self, batch: Sequence[dict[str, Any]], report: Report, stop: Stop, *, smaller: bool
    ) -> list[dict[str, Any]]:
        """See `Runner.run`."""
        for one in batch:
            if smaller:
                one = {**one, "tile": max(32, one["tile"] // 2)}
            if "clip" in one:
                self._clip(one, report, stop)
            else:
                self._picture(one, report, stop)
        return [{} for _ in batch]

    def close(self) -> None:
        """See `Runner.close`."""
        self._model = None

    def _picture(self, one: dict[str, Any], report: Report, stop: Stop) -> None:
        try:
            rgb = camera.decode(Path(one["path"]))
        except camera.PictureRefused as refused:
            raise Refused("asset", str(refused)) from refused

        def done(share: float) -> None:
            stop()
            report({"fraction": share})

        made = Image.fromarray(self._enlarged(rgb, one, done))
        made.save(one["out"], format=one["format"], **SAVING[one["format"]])

    def _clip(self, one: dict[str, Any], report: Report, stop: Stop) -> None:
        """Frame by frame, from one ffmpeg to another: a long clip needs no more memory than a short one."""
        told, size = one["clip"], (one["width"], one["height"])
        path, rate = Path(one["path"]), Fraction(told["rate"])
        width, height = told["size"]
        read = clips.reading(path, told["demuxer"], (width, height), rate)
        write = clips.writing(path, told["demuxer"], size, rate, told["audio_codec"], Path(one["out"]))
        with _running(write, "write", one) as writer, _running(read, "read", one) as reader:
            assert writer.stdin is not None
            assert reader.stdout is not None
            number = 0
            while len(frame := reader.stdout.read(width * height * _CHANNELS)) == width * height * _CHANNELS:
                rgb = np.frombuffer(frame, np.uint8).reshape(height, width, _CHANNELS)
                with contextlib.suppress(BrokenPipeError):  # why is in its log
                    writer.stdin.write(self._enlarged(rgb, one, lambda _: stop()).tobytes())
                number += 1
                report({"fraction": min(1.0, number / told["frames"]), "detail": f"frame {number}"})
            with contextlib.suppress(BrokenPipeError):
                writer.stdin.close()
            if not number:
                raise Refused("asset", "has no frame that can be decoded")

    def _enlarged(self, rgb: Pixels, one: dict[str, Any], done: Any) -> Pixels:
        """A picture of the wanted size. `done` is called with the share that is made, after each square."""
        width, height, tile, overlap = one["width"], one["height"], one["tile"], one["overlap"]
        high, wide = rgb.shape[:2]
        across, down = width / wide, height / high
        made = np.empty((height, width, _CHANNELS), np.uint8)
        columns, rows = max(1, floor(tile * across)), max(1, floor(tile * down))
        for top in range(0, height, rows):
            for left in range(0, width, columns):
                right, bottom = min(width, left + columns), min(height, top + rows)
                x, y = max(0, floor(left / across) - overlap), max(0, floor(top / down) - overlap)
                seen = rgb[y : ceil(bottom / down) + overlap, x : ceil(right / across) + overlap]
                larger, scale = self._through(seen), self._model.scale
                box = (
                    (left / across - x) * scale,
                    (top / down - y) * scale,
                    min((right / across - x) * scale, larger.width),
                    min((bottom / down - y) * scale, larger.height),
                )
                square = larger.resize((right - left, bottom - top), Image.Resampling.LANCZOS, box=box)
                made[top:bottom, left:right] = np.asarray(square)
                done((top * width + right * (bottom - top)) / (width * height))
        return made

    def _through(self, rgb: Pixels) -> Image.Image:
        """What the model makes of a picture: larger by its factor."""
        with torch.inference_mode():
            pixels = torch.from_numpy(np.array(rgb)).to(self._device, torch.float32)
            made = self._model(pixels.permute(2, 0, 1).unsqueeze(0) / 255.0)
            eight = (made.squeeze(0).clamp(0.0, 1.0) * 255.0).round().to(torch.uint8)
        return Image.fromarray(eight.permute(1, 2, 0).cpu().numpy())


@contextlib.contextmanager
def _running(command: Sequence[str], name: str, one: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    """An ffmpeg while the block runs: it has to end well, or is ended where the block fails."""
    log = Path(one["out"]).with_name(f"{name}.log")
    pipes = {"stdin": subprocess.PIPE} if name == "write" else {"stdout": subprocess.PIPE}
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, **pipes}
    with log.open("wb") as written, subprocess.Popen(command, stderr=written, **streams) as process:
        if hasattr(resource, "prlimit"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                resource.prlimit(process.pid, resource.RLIMIT_AS, (_FFMPEG_BYTES, _FFMPEG_BYTES))
        try:
            yield process
            code = process.wait()
        except BaseException:
            process.kill()
            raise
    if code:
        raise RuntimeError(commands.ended(code, log.read_text(errors="replace").splitlines()[-_LOG_LINES:]))


def _loaded(path: Path, device: str) -> Any:
    """The model of a file of weights, which can hold nothing but weights: no code of it is ever run.

    Raises:
        Lacking: it is no such file, or no model that enlarges pictures in colour.
    """
    with _without_torchvision():
        import spandrel

    try:
        if path.suffix.lower() == ".safetensors":
            from safetensors.torch import load_file

            weights = load_file(path)
        else:
            weights = torch.load(path, map_location="cpu", weights_only=True)
        loader = spandrel.ModelLoader(device)
        model = loader.load_from_state_dict(spandrel.canonicalize_state_dict(weights))
    except (OSError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # whatever a file that is none may raise
        raise Lacking(f"the file of the model can not be loaded: {type(error).__name__}") from error
    fits = isinstance(model, spandrel.ImageModelDescriptor)
    if not fits or (model.input_channels, model.output_channels) != (_CHANNELS, _CHANNELS):
        raise Lacking(f"the model is no {_CHANNELS}-channel model that enlarges: {model.architecture.name}")
    return model.eval()


@contextlib.contextmanager
def _without_torchvision() -> Iterator[None]:
    """Lets spandrel be imported where torchvision is not there or does not fit torch.

    It takes two functions from it, for the repair of faces and the filling of holes, which are not done here.
    """
    name = "torchvision.transforms.functional"
    try:
        import torchvision.transforms.functional  # noqa: F401
    except (ImportError, RuntimeError):
        parts = [".".join(name.split(".")[: count + 1]) for count in range(3)]
        before = {part: sys.modules.pop(part, None) for part in parts}
        stands: Any = types.ModuleType(name)
        stands.InterpolationMode = stands.rotate = stands.normalize = None
        sys.modules.update({part: stands if part == name else types.ModuleType(part) for part in parts})
        try:
            yield
        finally:  # others in this process are to find out for themselves
            for part, module in before.items():
                sys.modules.pop(part, None)
                if module is not None:
                    sys.modules[part] = module
    else:
        yield
