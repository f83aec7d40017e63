"""The mesh from the shell: the scripts of clients/grpcurl with `buf curl`, through reflection alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.rpc.error_details_pb2 import BadRequest

from tests.mesh.running import Up, mesh

SCRIPTS = Path("clients/grpcurl")
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.skipif(
    not (BIN / "buf").exists() and shutil.which("buf") is None, reason="buf is not here: make setup"
)


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with mesh() as running:
        yield running


def script(up: Up, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "REELMESH_MESH__HOME": str(up.home),
        "PATH": f"{BIN}:/usr/bin:/bin",  # no grpcurl: what it prints differs
    }
    return subprocess.run([SCRIPTS / name, *arguments], capture_output=True, text=True, env=environment)


def answers(text: str) -> list[dict[str, Any]]:
    """The JSON objects of a stream."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text.rstrip()):
        one, at = decoder.raw_decode(text, at)
        found.append(one)
        while at < len(text) and text[at].isspace():
            at += 1
    return found


def test_what_a_server_offers_is_listed(up: Up) -> None:
    assert "reelmesh.orchestrator.v1.JobService" in script(up, "services.sh").stdout.split()
    assert "reelmesh.storage.v1.StorageService" in script(up, "services.sh", "storage").stdout.split()
    engines = json.loads(script(up, "engines.sh", "compose").stdout)["engines"]
    assert [engine["name"] for engine in engines if engine.get("isDefault")] == ["ffmpeg"]


@pytest.mark.parametrize(("graph", "film"), [("speak.json", False), ("postcard.json", True)])
def test_a_graph_from_a_file_runs(up: Up, graph: str, film: bool) -> None:
    submitted = script(up, "submit-graph.sh", str(SCRIPTS / "graphs" / graph))
    assert submitted.returncode == 0, submitted.stderr
    job = json.loads(submitted.stdout)["job"]["id"]
    events = [one["event"] for one in answers(script(up, "watch.sh", job).stdout)]
    assert "snapshot" in events[0]
    assert events[-1]["jobChanged"]["state"] == "JOB_STATE_SUCCEEDED"
    later = [one["event"] for one in answers(script(up, "watch.sh", job, "0").stdout)]
    assert [one["sequence"] for one in later if "stepProgressed" not in one] == [
        str(number) for number in range(1, len(later) + 1)
    ]
    result = json.loads(script(up, "get.sh", job).stdout)["job"]["result"]
    assert ("film" in result) is film
    assert all(asset["url"].startswith("http") for asset in result["assets"])


def test_a_story_from_a_file_is_submitted_as_it_is_and_can_be_cancelled(up: Up, tmp_path: Path) -> None:
    text = 'He said "no\\n"\tand left.\r\n狐狸走了。'
    (tmp_path / "a story.txt").write_bytes(text.encode() + b"\x00\x1f")
    submitted = script(up, "submit-video.sh", str(tmp_path / "a story.txt"), "zh")
    job = json.loads(submitted.stdout)["job"]
    assert job["spec"]["narratedVideo"] == {"text": text, "language": "zh"}
    state = json.loads(script(up, "cancel.sh", job["id"]).stdout)["job"]["state"]
    assert state in ("JOB_STATE_CANCELLING", "JOB_STATE_CANCELLED")


def test_a_faulty_graph_is_refused_with_one_violation_for_each_fault(up: Up) -> None:
    import base64

    refused = script(up, "submit-graph.sh", str(SCRIPTS / "graphs" / "faulty.json"))
    assert refused.returncode != 0
    status = json.loads(refused.stderr)
    assert status["code"] == "invalid_argument"
    packed = next(detail["value"] for detail in status["details"] if detail["type"].endswith("BadRequest"))
    request = BadRequest.FromString(base64.b64decode(packed + "=" * (-len(packed) % 4)))
    told = {violation.field: violation.description for violation in request.field_violations}
    assert len(told) == len(request.field_violations) == 4
    assert "no field 'sound'" in told["spec.graph.steps[1].bindings[0].from"]
    assert "takes reelmesh.common.v1.Asset" in told["spec.graph.steps[2].bindings[0].from"]
    assert "waits for itself" in told["spec.graph.steps[3]"]
    assert "text" in told["spec.graph.steps[0].synthesize"]
    explained = json.loads(script(up, "explain-graph.sh", str(SCRIPTS / "graphs" / "faulty.json")).stdout)
    assert {one["field"] for one in explained["violations"]} == set(told)


def test_without_a_mesh_the_scripts_say_so(tmp_path: Path) -> None:
    nowhere = script(Up(tmp_path, 0), "services.sh")
    assert (nowhere.returncode, "reelmesh up" in nowhere.stderr) == (3, True)
    assert script(Up(tmp_path, 0), "get.sh").returncode == 2
