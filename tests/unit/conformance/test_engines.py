"""Every engine of this repository keeps every law that a third party's must keep."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from servers.chassis.assets import SharedAssets
from servers.chassis.blobs import BlobFolder
from servers.chassis.conformance import LAWS, Case, Law, light_imports, samples, served
from servers.chassis.engine import Engine

GROUPS = (
    "reelmesh.script.engines",
    "reelmesh.tts.engines",
    "reelmesh.imagegen.engines",
    "reelmesh.video.providers",
    "reelmesh.asr.engines",
    "reelmesh.compose.engines",
)
MESH = "reelmesh[mesh]"
"""What every engine may count on. One that needs more says so, and is tried where that is installed."""
ENGINES = [
    (point.group, point.name) for group in GROUPS for point in importlib.metadata.entry_points(group=group)
]
HERE = [
    (point.group, point.name)
    for group in GROUPS
    for point in importlib.metadata.entry_points(group=group)
    if not point.load()({}).describe().remote
]
"""Those that ask no other machine; tests/vendors has those that do."""


@pytest.fixture(params=HERE, ids=[f"{group.split('.')[1]}-{name}" for group, name in HERE])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[tuple[str, Engine]]:
    group, name = request.param
    [point] = importlib.metadata.entry_points(group=group, name=name)
    made: Engine = point.load()({})
    missing = made.missing()
    if missing and not any(MESH in item.remedy for item in missing):
        pytest.skip(f"{name} is not part of the mesh: {missing[0].remedy}")
    if made.on_request:
        pytest.skip(f"{name} serves nobody before its settings or a request name a model")
    assert not missing, f"{name} is not ready in the test environment"
    yield group, made
    await made.close()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
async def test_an_engine_keeps_the_law(engine: tuple[str, Engine], law: Law, tmp_path: Path) -> None:
    group, made = engine
    assets = SharedAssets(BlobFolder(tmp_path / "store", low_space_bytes=0))
    for request in served(made, await samples(group, assets)):
        await law(Case(made, request, assets))


@pytest.mark.parametrize(("group", "name"), ENGINES)
def test_an_idle_engine_imports_nothing_heavy(group: str, name: str) -> None:
    program = light_imports(group, name)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_every_service_has_an_engine() -> None:
    assert {group for group, _ in ENGINES} == set(GROUPS)
