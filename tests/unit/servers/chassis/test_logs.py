"""Logs hold no secrets, and say whose call they are about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import structlog

from servers.chassis import logs


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdef123456",
        "key_0123456789abcdef",
        "https://store/x?X-Amz-Signature=abcdef012345&y=1",
        "sk-abcdefghijkl",
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str) -> None:
    event = logs.hide_secrets(None, "info", {"event": text})
    assert "[hidden]" in event["event"]
    assert "abcdef" not in event["event"]


def test_values_of_telling_keys_are_hidden() -> None:
    event = logs.hide_secrets(None, "info", {"event": "x", "api_key": "1234", "RUNWAYML_API_SECRET": "5"})
    assert (event["api_key"], event["RUNWAYML_API_SECRET"]) == ("[hidden]", "[hidden]")


def test_a_file_gets_one_json_object_a_line_with_the_calls_ids(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "tts.log"
    logs.set_up("tts", "info", file)
    try:
        structlog.contextvars.bind_contextvars(job="j1", step="narrate[3]")
        structlog.get_logger("reelmesh.test").info("spoken", text="狐狸")
        structlog.get_logger("reelmesh.test").debug("not shown")
    finally:
        structlog.contextvars.clear_contextvars()
    [line] = [json.loads(line) for line in file.read_text().splitlines()]
    assert (line["event"], line["job"], line["step"], line["text"]) == ("spoken", "j1", "narrate[3]", "狐狸")
    assert line["server"] == "tts"
