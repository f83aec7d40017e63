"""Tiny voices for Piper and Kokoro: real ONNX files, with the shapes of the large ones, that hum."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_SAMPLES = 1200
"""Of sound for each letter."""
_SYMBOLS = "_^$ abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,!?'"


def piper(folder: Path) -> str:
    """A voice for Piper, with its settings beside it."""
    folder.mkdir(parents=True)
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, "n"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    path = folder / "tiny.onnx"
    _save(path, "input", inputs, [1, 1, 1, -1], 22_050)
    settings = {
        "audio": {"sample_rate": 22_050},
        "espeak": {"voice": "en-us"},
        "phoneme_type": "text",
        "num_symbols": len(_SYMBOLS),
        "num_speakers": 1,
        "inference": {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8},
        "phoneme_id_map": {symbol: [number] for number, symbol in enumerate(_SYMBOLS)},
    }
    path.with_suffix(".onnx.json").write_text(json.dumps(settings))
    return str(path)


def kokoro(folder: Path) -> dict[str, str]:
    """A model and voices for Kokoro, as the engine's options."""
    folder.mkdir(parents=True)
    inputs = [
        helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, "n"]),
        helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 256]),
        helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
    ]
    _save(folder / "tiny.onnx", "tokens", inputs, [-1], 24_000)
    with (folder / "voices.bin").open("wb") as file:
        np.savez(file, **{name: np.zeros((510, 1, 256), np.float32) for name in ("af_bella", "zm_yunxi")})
    return {"model": str(folder / "tiny.onnx"), "voices": str(folder / "voices.bin")}


def _save(path: Path, tokens: str, inputs: list[onnx.ValueInfoProto], shape: list[int], rate: int) -> None:
    """A model that hums one piece of a tone for each token, the louder the larger its number."""
    times = np.arange(_SAMPLES) / rate
    tone = (0.01 * np.sin(2 * math.pi * 220 * times)).astype(np.float32)[None]
    constants = [
        numpy_helper.from_array(tone, "tone"),
        numpy_helper.from_array(np.array([2], np.int64), "last"),
        numpy_helper.from_array(np.array(shape, np.int64), "shape"),
    ]
    nodes = [
        helper.make_node("Cast", [tokens], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["numbers", "last"], ["column"]),
        helper.make_node("MatMul", ["column", "tone"], ["pieces"]),
        helper.make_node("Reshape", ["pieces", "shape"], ["sound"]),
    ]
    output = helper.make_tensor_value_info("sound", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "tiny", inputs, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, str(path))
