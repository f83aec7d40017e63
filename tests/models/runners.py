"""Runners that do what the engine's do, and besides what a test needs: wait, run out of memory, die."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from servers.chassis.models.runner import Stop
from servers.chassis.worker_main import Report
from servers.imagegen.diffusion.runner import PictureRunner
from tests.models.killing import FOLDER, kill_replica


class GatedRunner(PictureRunner):
    """Waits at each step until there is a file "gate"; writes a line to "steps" for each."""

    def run(
        self, batch: Sequence[dict[str, Any]], report: Report, stop: Stop, *, smaller: bool
    ) -> list[dict[str, Any]]:
        folder = Path(os.environ[FOLDER])

        def wait() -> None:
            with (folder / "steps").open("a") as file:
                file.write(f"{batch[0]['prompt']}\n")
            while not (folder / "gate").exists():
                stop()
                time.sleep(0.005)
            stop()

        return super().run(batch, report, wait, smaller=smaller)


class HungryRunner(PictureRunner):
    """Runs out of memory, as torch does, unless it is told to take less."""

    def run(
        self, batch: Sequence[dict[str, Any]], report: Report, stop: Stop, *, smaller: bool
    ) -> list[dict[str, Any]]:
        if not smaller:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")
        return super().run(batch, report, stop, smaller=smaller)


class DyingRunner(PictureRunner):
    """Kills its process at the first step that it ever takes."""

    def run(
        self, batch: Sequence[dict[str, Any]], report: Report, stop: Stop, *, smaller: bool
    ) -> list[dict[str, Any]]:
        died = Path(os.environ[FOLDER]) / "died"

        def die_once() -> None:
            if not died.exists():
                died.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            stop()

        return super().run(batch, report, die_once, smaller=smaller)


class FarRunner(PictureRunner):
    """Refuses files that lie where the test's server has its own: those are another host's."""

    def run(
        self, batch: Sequence[dict[str, Any]], report: Report, stop: Stop, *, smaller: bool
    ) -> list[dict[str, Any]]:
        near = (Path(os.environ[FOLDER]) / "near").read_text().split()
        told = repr(batch)
        found = [folder for folder in near if folder in told]
        if found:
            raise RuntimeError(f"these are on another host: {found}")
        return super().run(batch, report, stop, smaller=smaller)


class KillingRunner(PictureRunner):
    """Kills its replica, the process above its own, at a first step, as often as "deaths" says."""

    def run(
        self, batch: Sequence[dict[str, Any]], report: Report, stop: Stop, *, smaller: bool
    ) -> list[dict[str, Any]]:
        def kill() -> None:
            kill_replica()
            stop()

        return super().run(batch, report, kill, smaller=smaller)
