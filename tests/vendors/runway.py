"""Runway's developer API, as its OpenAPI document describes it."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

from tests.vendors.http import Reply, Request
from tests.vendors.simulator import SimTask, Simulator

_SIX = ("1280:720", "720:1280", "1104:832", "832:1104", "960:960", "1584:672")
_FOUR = ("1280:720", "720:1280", "1080:1920", "1920:1080")
_LENGTHS = {"gen4_turbo": range(2, 11), "gen4.5": range(2, 11), "veo3.1": (4, 6, 8), "veo3.1_fast": (4, 6, 8)}
_KNOWN = {"model", "promptImage", "promptText", "ratio", "duration", "seed", "contentModeration"}


class Runway(Simulator):
    """The simulator. `credits` are left; `daily` bounds the tasks."""

    def __init__(self) -> None:
        super().__init__()
        self.credits = 10_000
        self.daily = 1000
        self.concurrency = 100

    def answer(self, request: Request) -> Reply:
        """The API."""
        if request.headers.get("authorization") != f"Bearer {self.KEY}":
            return Reply.of({"error": "Unauthorized"}, 401)
        if request.headers.get("x-runway-version") != "2024-11-06":
            return Reply.of({"error": "X-Runway-Version is missing or not valid"}, 400)
        line = f"{request.method} {request.path}"
        if line in ("POST /v1/image_to_video", "POST /v1/text_to_video"):
            return self._create(request)
        if line == "GET /v1/organization":
            return Reply.of({"creditBalance": self.credits, "tier": {}, "usage": {"models": {}}})
        task = self.tasks.get(request.path.removeprefix("/v1/tasks/"))
        if task is None or task.cancelled:
            return Reply.of({"error": "Task not found"}, 404)
        if request.method == "DELETE":
            task.cancelled = True
            return Reply(204)
        return Reply.of(self._told(task))

    def seconds_of(self, task: SimTask) -> float:
        """As ordered."""
        return float(task.request["duration"])

    def _create(self, request: Request) -> Reply:
        body = request.json()
        pictured = request.path.endswith("image_to_video")
        if not isinstance(body, dict):
            return _invalid("invalid_type", [], "Expected object")
        if (wrong := _wrong(body, pictured=pictured)) is not None:
            return _invalid(*wrong)
        if len(self.tasks) >= self.daily:
            return Reply.of({"error": "Your daily task limit has been reached."}, 429)
        price = 5 * body["duration"]
        if price > self.credits:
            return Reply.of({"error": "You do not have enough credits to run this task."}, 400)
        self.credits -= price
        return Reply.of({"id": self.accept(body).id})

    def _told(self, task: SimTask) -> dict[str, Any]:
        made = (
            datetime.fromtimestamp(task.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z")
        )
        state = self.advance(task)
        words = {"queued": "PENDING", "running": "RUNNING", "succeeded": "SUCCEEDED", "failed": "FAILED"}
        told: dict[str, Any] = {"id": task.id, "createdAt": made, "status": words.get(state, state)}
        if state == "running":
            told["progress"] = 0.42
        if state == "succeeded":
            told["output"] = [self.clip_url(task)]
        if state == "failed":
            failure = task.failure or {"failure": "An unexpected error occurred."}
            told |= failure
        return told


def _wrong(body: dict[str, Any], *, pictured: bool) -> tuple[str, list[str], str] | None:
    model = body.get("model")
    known = _KNOWN | ({"audio", "negativePrompt"} if str(model).startswith("veo") else set())
    unknown = sorted(set(body) - known)
    if unknown:
        return "unrecognized_keys", [unknown[0]], "Unrecognized key"
    if model not in _LENGTHS:
        return "invalid_union", ["model"], "Invalid model"
    if len(body.get("promptText", "x").encode("utf-16-le")) // 2 > 1000 or body.get("promptText") == "":
        return "too_big", ["promptText"], "String must contain 1 to 1000 characters"
    if body.get("duration") not in _LENGTHS[model]:
        return "invalid_type", ["duration"], "Invalid duration"
    ratios = _FOUR if model.startswith("veo") else _SIX
    if body.get("ratio") not in (ratios if pictured or model.startswith("veo") else _SIX[:2]):
        return "invalid_type", ["ratio"], "Invalid ratio"
    if not pictured and (model == "gen4_turbo" or "promptImage" in body or not body.get("promptText")):
        return "invalid_union", ["model"], "Not a model of text_to_video"
    if not pictured:
        return None
    pictures = body.get("promptImage")
    if isinstance(pictures, str):
        pictures = [{"uri": pictures, "position": "first"}]
    if not isinstance(pictures, list) or not pictures:
        return "invalid_type", ["promptImage"], "Required"
    if len(pictures) > 1 and not model.startswith("veo"):
        return "too_big", ["promptImage"], "Array must contain at most 1 element(s)"
    for picture in pictures:
        uri = picture.get("uri", "")
        if uri.startswith("data:image/"):
            if len(uri) > 5_242_880:
                return "too_big", ["promptImage"], "String must contain at most 5242880 character(s)"
            try:
                base64.b64decode(uri.partition(",")[2], validate=True)
            except binascii.Error:
                return "invalid_type", ["promptImage"], "Invalid data URI"
        elif not uri.startswith(("https://", "runway://")):
            return "invalid_type", ["promptImage"], "Invalid URI"
    return None


def _invalid(code: str, path: list[str], message: str) -> Reply:
    issue = {"code": code, "path": path, "message": message}
    return Reply.of({"error": "Validation of body failed", "issues": [issue], "docUrl": "https://docs"}, 400)
