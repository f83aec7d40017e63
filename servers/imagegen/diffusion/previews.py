"""A first look at pictures that are half done: their latents, made small, decoded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from diffusers import AutoencoderKL
from PIL.Image import Image

_LONGEST = 256
"""Longest side of a preview, pixels."""


def previews(pipe: Any, latents: Any, height: int, width: int) -> Sequence[Image]:
    """One small picture for each sample; none for models whose latents are of another kind."""
    vae = pipe.vae
    if not isinstance(vae, AutoencoderKL) or (vae.config.force_upcast and vae.dtype == torch.float16):
        return ()
    if latents.ndim == 3:  # packed: batch x patches x channels
        if not hasattr(pipe, "_unpack_latents"):
            return ()
        latents = pipe._unpack_latents(latents, height, width, pipe.vae_scale_factor)
    if latents.ndim != 4:
        return ()
    share = min(1.0, _LONGEST / max(height, width))
    small = torch.nn.functional.interpolate(
        latents.float(), scale_factor=share, mode="bilinear", antialias=share < 1
    )
    small = small / vae.config.scaling_factor + (vae.config.shift_factor or 0)
    with torch.no_grad():
        decoded = vae.decode(small.to(vae.dtype), return_dict=False)[0]
    pictures: Sequence[Image] = pipe.image_processor.postprocess(decoded, output_type="pil")
    return pictures
