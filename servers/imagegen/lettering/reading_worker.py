"""The worker process that reads the lettering of pictures."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from servers.chassis.media import camera
from servers.chassis.worker_main import Refused, serve

_MOST_THREADS = 4


def read(arguments: dict[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Reads the picture `path`, made smaller where its longer side is above `longest_side`.

    Gives "texts": text, confidence (0 to 1), and the upright box around it in pixels of the whole picture.
    """
    from PIL import Image

    try:
        rgb = camera.decode(Path(arguments["path"]))
    except camera.PictureRefused as refused:
        raise Refused("picture", str(refused)) from refused
    height, width = rgb.shape[:2]
    scale = min(1.0, arguments["longest_side"] / max(width, height))
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        import numpy as np

        rgb = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX))
    found = _engine()(rgb[:, :, ::-1])
    if found.boxes is None:
        return {"texts": []}
    texts = [
        {"text": text[:500], "confidence": round(float(score), 3), **_box(corners, scale, width, height)}
        for text, score, corners in zip(found.txts, found.scores, found.boxes.tolist(), strict=True)
    ]
    return {"texts": texts}


def _box(corners: list[list[float]], scale: float, width: int, height: int) -> dict[str, int]:
    """The upright box around four corners, within the picture."""
    across = [min(max(x / scale, 0), width) for x, _ in corners]
    down = [min(max(y / scale, 0), height) for _, y in corners]
    left, top = int(min(across)), int(min(down))
    return {
        "left_pixels": left,
        "top_pixels": top,
        "width_pixels": min(width, round(max(across))) - left,
        "height_pixels": min(height, round(max(down))) - top,
    }


@functools.cache
def _engine() -> Any:
    """The reader: finds lines, then reads them. Pictures stand upright, so lines are not turned."""
    import cv2
    from rapidocr import RapidOCR

    threads = min(_MOST_THREADS, len(os.sched_getaffinity(0)))
    cv2.setNumThreads(threads)
    return RapidOCR(
        params={
            "Global.use_cls": False,
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


if __name__ == "__main__":
    serve({"read": read})
