"""The commands about providers, against the real server."""

from __future__ import annotations

import argparse
import csv
import io
import json
from pathlib import Path

import pytest

from reelmesh.cli import providers as commands
from reelmesh.cli.doctor import _providers
from reelmesh.cli.follow import Output
from reelmesh.client import Client
from reelmesh.providers import spending
from servers.video import links
from tests.vendors.cast import account
from tests.vendors.http import Reply
from tests.vendors.runway import Runway
from tests.vendors.studio import request, studio
from tests.vendors.yunwu import Yunwu


async def test_spending_adds_up_and_attempts_are_told(
    own_settings: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Runway() as runway, Yunwu() as yunwu:
        given = {
            "runway": account("runway", runway, sockets, price_per_second=0.05),
            "yunwu": account("yunwu", yunwu, sockets, price=0.3, price_per_second=0.0),
            "keyless": account("yunwu", yunwu, sockets, key=""),
        }
        async with studio(own_settings, sockets, **given) as server:
            video = {"video": server.running.address}
            monkeypatch.setattr(commands, "Client", lambda owner="": Client(addresses=video, owner=owner))
            for number, engine in enumerate(("runway", "yunwu", "runway")):
                await server.made(request(request_id=f"r{number}", engine=engine, seed=number))
            yunwu.drop_after_accepting = 1
            with pytest.raises(Exception, match="not known whether"):
                await server.made(request(request_id="lost", engine="yunwu", seed=9))
            options = argparse.Namespace(owner="", provider="", csv=True, test="", job="j", events=False)

            capsys.readouterr()  # what the server logged
            assert await commands.spending(options, Output()) == 0
            rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
            assert tuple(rows[0]) == commands.COLUMNS
            assert [(one["provider"], one["state"], one["cost"]) for one in rows] == [
                ("runway", "succeeded", "0.25"),
                ("yunwu", "succeeded", "0.3"),
                ("runway", "succeeded", "0.25"),
                ("yunwu", "unconfirmed", "0.3"),
            ]

            options.csv = False
            assert await commands.spending(options, Output(as_json=True)) == 0
            told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
            assert [(one["provider"], one["clips"], one["spent"], one["at_risk"]) for one in told] == [
                ("runway", 2, "0.5", "0"),
                ("yunwu", 1, "0.3", "0.3"),
            ]
            async with Client(addresses=video) as client:
                made = [one async for one in client.attempts()]
                assert sum(one.attempts for one in spending(made)) == 4
                runway.faults.append((r"^GET /v1/organization", Reply(401, b'{"error": "no"}')))
                found = {one.name: one async for one in _providers(client)}
                assert {name: one.ok for name, one in found.items()} == {
                    "runway": False,
                    "yunwu": True,
                    "keyless": False,
                }
                assert "KEYLESS_KEY" in found["keyless"].remedy

            assert await commands.providers(options, Output()) == 0
            assert "runway" in capsys.readouterr().out
            options.test = "runway"
            assert await commands.providers(options, Output()) == 0
            assert "ok, 9950 credits left" in capsys.readouterr().out
            assert await commands.attempts(options, Output()) == 0


def test_the_doctor_tells_whether_vendors_can_read_our_pictures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert links.main() == 0
    monkeypatch.setenv("REELMESH_VIDEO__PROVIDERS", json.dumps({"luma": {"key": "k"}}))
    assert links.main() == 1
    assert "luma take pictures as links only" in capsys.readouterr().err
    with Yunwu() as anything:
        monkeypatch.setenv("REELMESH_STORAGE__HTTP_PUBLIC_URL", anything.url)
        assert links.main() == 0
        assert "answers (HTTP 401)" in capsys.readouterr().out
    assert links.main() == 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert commands._cell(text) == f"'{text}"
    assert commands._cell("task-1") == "task-1"
