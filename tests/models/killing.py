"""A model without torch that kills its replica, the process above its own, as often as a file says."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from servers.chassis.models.runner import Stop
from servers.chassis.worker_main import Report
from tests.unit.servers.chassis.models.toy_runner import ToyRunner

FOLDER = "REELMESH_TEST_FOLDER"
"""Variable with the folder in which runners and tests tell each other things."""


def kill_replica() -> None:
    """Kills it if the file "deaths" says so, which says one less then."""
    deaths = Path(os.environ[FOLDER]) / "deaths"
    left = int(deaths.read_text())
    if left:
        deaths.write_text(str(left - 1))
        os.kill(os.getppid(), signal.SIGKILL)
        signal.pause()  # this process goes with it


class KillingToy(ToyRunner):
    """Kills its replica before it runs."""

    def run(
        self, batch: Sequence[dict[str, Any]], report: Report, stop: Stop, *, smaller: bool
    ) -> list[dict[str, Any]]:
        kill_replica()
        return super().run(batch, report, stop, smaller=smaller)
