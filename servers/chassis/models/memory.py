"""What a worker process knows of its device: memory, and when it ran out."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from pathlib import Path
from typing import Any

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "failed to allocate")


class Device:
    """The device of this process. Torch is asked only where it is already there, or the device is a GPU."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.kind = name.partition(":")[0]
        self._torch: Any = None
        if self.kind != "cpu":
            import torch

            self._torch = torch

    def describe(self) -> str:
        """What it is, for people."""
        if self.kind == "cuda":
            return str(self._torch.cuda.get_device_name(self.name))
        return {"cpu": "CPU", "mps": "Apple GPU"}.get(self.kind, self.name)

    def memory(self) -> dict[str, int]:
        """Bytes of the device: "total_bytes", and "free_bytes" for a model of ours."""
        if self.kind == "cuda":
            cuda = self._torch.cuda
            free, total = cuda.mem_get_info(self.name)
            unused = cuda.memory_reserved(self.name) - cuda.memory_allocated(self.name)
            return {"total_bytes": total, "free_bytes": free + unused}
        if self.kind == "mps":
            total = int(self._torch.mps.recommended_max_memory())
            return {
                "total_bytes": total,
                "free_bytes": max(0, total - int(self._torch.mps.current_allocated_memory())),
            }
        page, pages = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_PHYS_PAGES")
        return {"total_bytes": page * pages, "free_bytes": _available() or page * pages}

    def allocated(self) -> int | None:
        """What tensors of this process hold of it; None where it can not tell."""
        return int(self._torch.cuda.memory_allocated(self.name)) if self.kind == "cuda" else None

    def forget_peak(self) -> None:
        """Begins to measure the peak anew."""
        if self.kind == "cuda":
            self._torch.cuda.reset_peak_memory_stats(self.name)

    def peak(self) -> int | None:
        """Most that was allocated since; None where it can not tell."""
        return int(self._torch.cuda.max_memory_allocated(self.name)) if self.kind == "cuda" else None

    def clean(self) -> None:
        """Gives back what nothing refers to any more."""
        gc.collect()
        if self.kind == "cuda":
            self._torch.cuda.empty_cache()
        elif self.kind == "mps":
            self._torch.mps.empty_cache()


def is_exhausted(error: BaseException) -> bool:
    """Whether an error means that memory ran out, in this library's words or that one's."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


def _available() -> int:
    """Memory that a process could take without swapping (Linux), else 0."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            for line in Path("/proc/meminfo").read_text().splitlines():
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    return 0
