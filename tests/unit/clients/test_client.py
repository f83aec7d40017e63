"""Finding the mesh, errors with their details, pages; and the same without asyncio."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

import reelmesh
from reelmesh import errors
from reelmesh.mesh import discovery
from reelmesh.specs import job_spec
from tests.unit.clients.conftest import Start
from tests.unit.clients.toy_jobs import ToyJobs, job_log


def _mesh(home: Path, **addresses: str) -> discovery.Discovery:
    pid = os.getpid()
    home.mkdir(parents=True, exist_ok=True)
    return discovery.Discovery(pid, discovery.born(pid), "0", home, addresses, dict.fromkeys(addresses, pid))


async def test_finds_the_mesh_by_its_file(start: Start, own_settings: Path) -> None:
    address = await start(ToyJobs(job_log(1)))
    discovery.write(_mesh(own_settings, orchestrator=address))
    async with reelmesh.Client() as client:
        assert (await client.get("j")).id == "j"
        with pytest.raises(errors.MeshNotRunning, match="has no storage server"):
            client.channel("storage")


async def test_the_environment_names_another_mesh(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELMESH_ADDRESS", await start(ToyJobs(job_log(1))))
    async with reelmesh.Client() as client:
        assert (await client.get("j")).id == "j"
        with pytest.raises(errors.MeshNotRunning, match="REELMESH_STORAGE_ADDRESS"):
            client.channel("storage")


async def test_without_a_mesh_it_says_how_to_start_one() -> None:
    async with reelmesh.Client() as client:
        with pytest.raises(errors.MeshNotRunning, match="reelmesh up"):
            await client.get("j")


async def test_an_error_keeps_the_details_of_its_status(start: Start) -> None:
    async with reelmesh.Client(await start(ToyJobs(job_log(1)))) as client:
        with pytest.raises(errors.InvalidArgument, match="two rules are broken") as caught:
            await client.submit(reelmesh.NarratedVideo())
    error = caught.value
    assert error.violations == (
        errors.Violation("spec.a", "is missing"),
        errors.Violation("spec.b", "is too long"),
    )
    assert (error.reason, error.retryable, error.status.code if error.status else 0) == (
        "GRAPH_INVALID",
        False,
        3,
    )


async def test_jobs_are_listed_over_all_pages(start: Start) -> None:
    async with reelmesh.Client(await start(ToyJobs(job_log(1)))) as client:
        assert [job.id async for job in client.jobs(page_size=2)] == ["j0", "j1", "j2", "j3", "j4"]


async def test_an_asset_that_is_not_there_yet_is_refused_at_once() -> None:
    async with reelmesh.Client() as client:
        with pytest.raises(errors.InvalidArgument, match="has the job that makes it succeeded"):
            await client.download(reelmesh.Job().result.film, "x.mp4")


def test_a_spec_is_taken_in_any_of_its_forms() -> None:
    video, graph = reelmesh.NarratedVideo(text="x"), reelmesh.StepGraph(outputs=["a.b"])
    assert job_spec(video).narrated_video == video
    assert job_spec(graph, "n", 0, {"a": "b"}) == reelmesh.JobSpec(
        graph=graph, display_name="n", priority=0, labels={"a": "b"}
    )
    given = reelmesh.JobSpec(narrated_video=video)
    assert job_spec(given, "named").display_name == "named"
    assert given.display_name == ""


async def test_the_same_without_asyncio(start: Start) -> None:
    address = await start(ToyJobs(job_log(3)))

    def use() -> list[object]:
        with reelmesh.sync.Client(address) as client:
            job = client.submit(reelmesh.NarratedVideo(text="x"))
            watched = [event.sequence for event in client.watch(job, after=0)]
            for event in client.watch(job, after=0):
                assert event.sequence == 1
                break
            with pytest.raises(errors.InvalidArgument):
                client.submit(reelmesh.NarratedVideo())
            return [job.id, watched, [job.id for job in client.jobs(page_size=3)], client.wait(job).id]

    assert await asyncio.to_thread(use) == ["j", [1, 2, 3, 4], ["j0", "j1", "j2", "j3", "j4"], "j"]


def test_the_two_clients_have_the_same_calls() -> None:
    def calls(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert calls(reelmesh.Client) - calls(reelmesh.sync.Client) == {"addresses", "channel"}
    assert calls(reelmesh.sync.Client) <= calls(reelmesh.Client)


def test_importing_the_contracts_does_not_import_the_sdk() -> None:
    """Every server imports this package; eight processes need not carry a client."""
    script = "import sys, reelmesh.common.v1.asset_pb2; print({'grpc', 'reelmesh.client'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_base_install_needs_no_more_than_it_declares() -> None:
    """The SDK and the command import no server, and nothing of the extra `mesh`."""
    script = """
import sys
import reelmesh.cli, reelmesh.sync, reelmesh.client, reelmesh.catalogue, reelmesh.mesh.running
import reelmesh.cli.arguments, reelmesh.cli.jobs, reelmesh.cli.making, reelmesh.cli.meshes
import reelmesh.cli.doctor, reelmesh.cli.batch, reelmesh.cli.publish, reelmesh.publishing
allowed = {"grpc", "google", "rich", "reelmesh", "pygments", "markdown_it", "mdurl"}
allowed |= set(sys.stdlib_module_names)
print(sorted({name.split(".")[0] for name in sys.modules} - allowed))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    left = {name for name in eval(done.stdout) if not name.startswith(("_", "sitecustomize", "distutils"))}
    # grpc itself looks for its sister packages, and does without them.
    assert left <= {
        "typing_extensions",
        "cython_runtime",
        "grpc_health",
        "grpc_reflection",
        "grpc_tools",
        "grpc_status",
    }
