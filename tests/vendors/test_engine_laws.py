"""Every engine that asks another machine keeps the laws of all engines, in front of its simulator."""

from __future__ import annotations

import contextlib
import importlib.metadata
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from servers.chassis.assets import SharedAssets
from servers.chassis.blobs import BlobFolder
from servers.chassis.conformance import LAWS, Case, Law, samples, served
from servers.chassis.engine import Engine
from tests.unit.conformance.test_engines import ENGINES, HERE
from tests.vendors.chat import Chat
from tests.vendors.comfyui import ComfyPictures, picture_workflow
from tests.vendors.images import Images
from tests.vendors.voices import Azure, Edge, SeedVC, Speech

Options = dict[str, Any]


def account(make: Callable[[], Any]) -> Callable[[], AbstractContextManager[Options]]:
    """Opens a simulator and gives the options of an account at it."""

    @contextlib.contextmanager
    def opened() -> Iterator[Options]:
        with make() as simulator:
            yield {"key": simulator.KEY, "base_url": simulator.url, **getattr(simulator, "OPTIONS", {})}

    return opened


@contextlib.contextmanager
def edge() -> Iterator[Options]:
    """Edge's reader, which has no accounts."""
    with pytest.MonkeyPatch.context() as patched, Edge() as simulator:
        simulator.redirect(patched)
        yield {}


@contextlib.contextmanager
def comfyui() -> Iterator[Options]:
    """A ComfyUI with a workflow."""
    with tempfile.TemporaryDirectory() as folder, ComfyPictures() as simulator:
        workflows = {"mine": picture_workflow(Path(folder))}
        yield {"base_url": simulator.url, "workflows": workflows, "poll_seconds": 0.02}


SIMULATORS: dict[tuple[str, str], Callable[[], AbstractContextManager[Options]]] = {
    ("reelmesh.imagegen.engines", "comfyui"): comfyui,
    ("reelmesh.imagegen.engines", "openai"): account(Images),
    ("reelmesh.script.engines", "openai"): account(Chat),
    ("reelmesh.tts.engines", "azure"): account(Azure),
    ("reelmesh.tts.engines", "edge"): edge,
    ("reelmesh.tts.engines", "openai"): account(Speech),
    ("reelmesh.tts.engines", "seed-vc"): account(SeedVC),
}


@pytest.fixture(params=SIMULATORS, ids=lambda key: f"{key[0].split('.')[1]}-{key[1]}")
def engine_and_group(request: pytest.FixtureRequest) -> Iterator[tuple[str, Engine]]:
    group, name = request.param
    with SIMULATORS[request.param]() as options:
        [point] = importlib.metadata.entry_points(group=group, name=name)
        yield group, point.load()(options)


@pytest.fixture
async def engine(engine_and_group: tuple[str, Engine]) -> AsyncIterator[tuple[str, Engine]]:
    yield engine_and_group
    await engine_and_group[1].close()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
async def test_an_engine_keeps_the_law(engine: tuple[str, Engine], law: Law, tmp_path: Path) -> None:
    group, made = engine
    assert not made.missing()
    assets = SharedAssets(BlobFolder(tmp_path / "store", low_space_bytes=0))
    for request in served(made, await samples(group, assets)):
        await law(Case(made, request, assets))


def test_every_remote_engine_has_a_simulator() -> None:
    assert set(SIMULATORS) == set(ENGINES) - set(HERE)
