"""Prints the devices of this machine as a JSON list: python -m servers.chassis.models.discover.

Run in a process of its own, since asking takes a torch, and a torch that has been asked holds a GPU.
"""

from __future__ import annotations

import importlib.util
import json


def devices() -> list[str]:
    """Every CUDA device, else MPS, else the CPU."""
    if importlib.util.find_spec("torch") is None:
        return ["cpu"]
    import torch

    if torch.cuda.is_available():
        return [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return ["mps"] if torch.backends.mps.is_available() else ["cpu"]


if __name__ == "__main__":
    print(json.dumps(devices()))
