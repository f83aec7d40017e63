"""Loading diffusion pipelines, in the worker process: number types, savers of memory, what makes it fast."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from diffusers import DiffusionPipeline, PipelineQuantizationConfig
from diffusers.utils import logging as diffusers_logging

from servers.chassis.models.memory import is_exhausted
from servers.chassis.worker_main import Lacking

_GROUPED = "group_offloading"
"""Name of the hook by which diffusers offloads groups of layers."""
_LARGE_TEXT_ENCODERS = {
    "FluxPipeline": "text_encoder_2",
    "StableDiffusion3Pipeline": "text_encoder_3",
    "QwenImagePipeline": "text_encoder",
}


def load(device: str, options: dict[str, Any], *, smaller: bool) -> Any:
    """A pipeline on its device, as `PipelineOptions.loading` describes it.

    Raises:
        Lacking: it is not there, is no pipeline, or needs a package that is not installed.
    """
    diffusers_logging.disable_progress_bar()
    diffusers_logging.set_verbosity_error()
    on_gpu = not device.startswith("cpu")
    if on_gpu and options["tf32"]:
        torch.set_float32_matmul_precision("high")
    pipe = _read(options, on_gpu=on_gpu)
    pipe.set_progress_bar_config(disable=True)
    _attend(pipe, options["attention"])
    offload = options["offload"] or ("model" if smaller else "")
    if on_gpu and offload:
        _offload(pipe, offload, device)
    else:
        pipe.to(device)
    if smaller or options["tiling"]:
        _call(getattr(pipe, "vae", None), "enable_tiling")
    if smaller or options["slicing"]:
        _call(getattr(pipe, "vae", None), "enable_slicing")
    if options["compile"]:
        denoiser(pipe).compile(backend=options["compile"])
    return pipe


def save_memory(pipe: Any, device: str) -> None:
    """Makes a loaded pipeline take less memory, from now on."""
    for saver in ("enable_tiling", "enable_slicing"):
        _call(getattr(pipe, "vae", None), saver)
    if not device.startswith("cpu") and not is_offloaded(pipe):
        _offload(pipe, "model", device)


def denoiser(pipe: Any) -> Any:
    """The part that does the work: the transformer or the UNet."""
    return pipe.transformer if getattr(pipe, "transformer", None) is not None else pipe.unet


def is_offloaded(pipe: Any) -> bool:
    """Whether parts of it come to the device only when they are needed."""
    return any(
        hasattr(part, "_hf_hook") or (registry is not None and registry.get_hook(_GROUPED) is not None)
        for part in _parts(pipe)
        for registry in [getattr(part, "_diffusers_hook", None)]
    )


def footprint_bytes(pipe: Any) -> int:
    """Bytes of a pipeline's weights."""
    return sum(
        tensor.numel() * tensor.element_size()
        for part in _parts(pipe)
        for tensor in (*part.parameters(), *part.buffers())
    )


def takes(pipe: Any, argument: str) -> bool:
    """Whether its call has such an argument."""
    return argument in inspect.signature(type(pipe).__call__).parameters


def default(pipe: Any, argument: str) -> Any:
    """The default of an argument of its call."""
    return inspect.signature(type(pipe).__call__).parameters[argument].default


def generator(seed: int) -> torch.Generator:
    """Noise for one picture. On the CPU, so that a seed means the same on every device."""
    return torch.Generator("cpu").manual_seed(seed % 2**63)


@contextlib.contextmanager
def lacking(what: str) -> Iterator[None]:
    """Whatever goes wrong in reading files becomes `Lacking`; running out of memory stays what it is."""
    try:
        yield
    except (OSError, ValueError, ImportError, KeyError, AttributeError, RuntimeError) as error:
        if is_exhausted(error):
            raise
        kind = type(error).__name__
        if kind in ("GatedRepoError", "RepositoryNotFoundError"):
            raise Lacking(
                f"{what}: the hub does not give it: check the name, accept the licence there, set HF_TOKEN"
            ) from error
        raise Lacking(f"{what} can not be loaded: {kind}: {error}") from error


def _read(options: dict[str, Any], *, on_gpu: bool) -> Any:
    path = options["path"]
    given: dict[str, Any] = {
        "torch_dtype": _dtype(options["dtype"], on_gpu=on_gpu),
        "use_safetensors": True,  # other weights can run code when they are read
        "local_files_only": Path(path).is_dir(),
    }
    for name in ("revision", "variant"):
        if options[name]:
            given[name] = options[name]
    with lacking(f'model "{path}"'):
        if options["quantization"]:
            given["quantization_config"] = _quantization(options, given["torch_dtype"])
        return DiffusionPipeline.from_pretrained(path, **given)


def _dtype(name: str, *, on_gpu: bool) -> Any:
    return getattr(torch, name or ("bfloat16" if on_gpu else "float32"))


def _quantization(options: dict[str, Any], dtype: Any) -> Any:
    if importlib.util.find_spec("bitsandbytes") is None:
        raise Lacking('quantization: bitsandbytes is missing: pip install "reelmesh[diffusers,quantization]"')
    kind = DiffusionPipeline.load_config(options["path"])["_class_name"]
    parts = options["quantize"] or [
        "unet" if "XL" in kind or "Video" in kind else "transformer",
        *filter(None, [_LARGE_TEXT_ENCODERS.get(kind)]),
    ]
    if options["quantization"] == "8bit":
        kwargs: dict[str, Any] = {"load_in_8bit": True}
    else:
        kwargs = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": dtype}
    return PipelineQuantizationConfig(
        quant_backend=f"bitsandbytes_{options['quantization']}",
        quant_kwargs=kwargs,
        components_to_quantize=parts,
    )


def _attend(pipe: Any, kind: str) -> None:
    if not kind:
        return
    with lacking(f'attention "{kind}"'):
        if kind == "slicing":
            pipe.enable_attention_slicing()
        else:
            denoiser(pipe).set_attention_backend(kind)


def _offload(pipe: Any, kind: str, device: str) -> None:
    if kind == "group":
        pipe.enable_group_offload(
            onload_device=torch.device(device),
            offload_device=torch.device("cpu"),
            offload_type="leaf_level",
            use_stream=device.startswith("cuda"),
        )
        return
    how: Callable[..., None] = (
        pipe.enable_model_cpu_offload if kind == "model" else pipe.enable_sequential_cpu_offload
    )
    how(device=device)


def _parts(pipe: Any) -> list[Any]:
    return [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]


def _call(part: Any, method: str) -> None:
    found = getattr(part, method, None)
    if found is not None:
        found()
