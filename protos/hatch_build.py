"""The build hook: wheels and editable installs carry code generated from the contracts as they are now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))

import generate  # found through the path above: a build hook is not part of a package


class ContractsHook(BuildHookInterface[Any]):  # type: ignore[misc]  # hatchling is there in builds only
    """Generates before each build."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate what is stale."""
        if generate.staleness():
            generate.generate()
