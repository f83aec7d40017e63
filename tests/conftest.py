"""What every test has: settings of its own, and nothing of the machine's."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres import Postgres

# A shared machine may stop for a second anywhere: a law is about results, not about time.
settings.register_profile("reelmesh", deadline=None)
settings.load_profile("reelmesh")


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keeps a developer's own settings, mesh and store out of the tests. Gives the mesh's home."""
    home = tmp_path / "home"
    monkeypatch.setenv("REELMESH_MESH__HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("REELMESH_CONFIG", raising=False)
    return home


@pytest.fixture
def sockets() -> Iterator[Path]:
    """A folder with a path short enough for unix sockets."""
    with tempfile.TemporaryDirectory(prefix="rm-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, for all tests that want a database of it."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()
