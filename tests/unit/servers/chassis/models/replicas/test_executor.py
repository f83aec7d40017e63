"""What a server with models elsewhere says before it has reached anybody, and how failures come back."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest
from pydantic import ValidationError

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_EXTRA, Missing
from servers.chassis.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    Fault,
    Internal,
    InvalidArgument,
    ResourceExhausted,
    Unavailable,
)
from servers.chassis.models.replicas import faults
from servers.chassis.models.replicas.executor import RayExecutor
from servers.chassis.models.spec import ModelSpec
from servers.chassis.settings import ModelSettings, RaySettings

TORCH = Missing(kind=MISSING_KIND_EXTRA, name="torch", remedy="install it")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Which packages are there: by name, anything or None."""
    told: dict[str, object] = {}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *_: told.get(name))
    return told


async def test_without_ray_it_names_the_extra(installed: dict[str, object]) -> None:
    executor = RayExecutor(ModelSettings(executor="ray"))
    with pytest.raises(FailedPrecondition) as raised:
        await executor.run(ModelSpec("fox", "toy", "toy:Toy", {}), {}, lambda _: None)
    assert 'pip install "reelmesh[ray]"' in raised.value.message
    assert [one.name for one in executor.missing([TORCH])] == ["ray"]
    await executor.close()


async def test_what_models_need_is_needed_where_they_run_and_not_here(installed: dict[str, object]) -> None:
    installed["ray"] = object()
    executor = RayExecutor(ModelSettings(executor="ray"))
    assert executor.missing([TORCH]) == ()
    assert await executor.devices() == ()
    await executor.close()
    with pytest.raises(Unavailable):
        await executor.run(ModelSpec("fox", "toy", "toy:Toy", {}), {}, lambda _: None)


@pytest.mark.parametrize(
    "fault",
    [
        InvalidArgument(("prompt", "must be kind"), ("seed", "must be small")),
        ResourceExhausted("full", retry_after_seconds=30, reason="DEVICE_MEMORY"),
        FailedPrecondition("lacking", reason="ENGINE_NOT_READY"),
        DeadlineExceeded("late", reason="MODEL_TIMEOUT"),
        Unavailable("gone", reason=faults.REPLICA_DIED),
        Internal("broken", reason="WORKER_DIED"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_failure_comes_back_as_it_was(fault: Fault) -> None:
    assert faults.raised(faults.told(fault)).status() == fault.status()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"address": "ray://head:10001"}, "must not be a Ray Client's"),
        ({"min_replicas": 2}, "must not be above max_replicas"),
        ({"gpus": -1}, "greater than or equal to 0"),
    ],
)
def test_settings_that_can_not_be_are_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        RaySettings(**settings)
