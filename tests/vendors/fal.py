"""fal's queue with Pika behind it, as docs.fal.ai describes them."""

from __future__ import annotations

from typing import Any

from tests.vendors.http import Reply, Request
from tests.vendors.simulator import SimTask, Simulator

_APP = "/fal-ai/pika/v2.2"
_KNOWN = {"image_url", "prompt", "seed", "negative_prompt", "resolution", "duration", "aspect_ratio"}
_ASPECTS = ("16:9", "9:16", "1:1", "4:5", "5:4", "3:2", "2:3")


class Fal(Simulator):
    """The simulator. `locked`: the reason why the account takes no tasks."""

    def __init__(self) -> None:
        super().__init__()
        self.locked = ""

    def answer(self, request: Request) -> Reply:
        """The API."""
        if request.headers.get("authorization") != f"Key {self.KEY}":
            return Reply.of({"detail": "Invalid credentials"}, 401)
        if request.method == "POST" and request.path.startswith(_APP):
            return self._submit(request)
        # Status and result stand under owner and app alone, without the model's sub-path.
        parts = request.path.strip("/").split("/")
        if parts[:3] != ["fal-ai", "pika", "requests"] or parts[3:4] == []:
            return Reply.of({"detail": "Not Found"}, 404)
        task = self.tasks.get(parts[3])
        if task is None or task.cancelled:
            return Reply.of({"status": "NOT_FOUND"}, 404)
        if parts[4:] == ["status"]:
            return self._status(task)
        if parts[4:] == ["cancel"] and request.method == "PUT":
            if task.state in ("succeeded", "failed"):
                return Reply.of({"status": "ALREADY_COMPLETED"}, 400)
            task.cancelled = True
            return Reply.of({"status": "CANCELLATION_REQUESTED"}, 202)
        return self._result(task)

    def seconds_of(self, task: SimTask) -> float:
        """As ordered."""
        return float(task.request.get("duration", 5))

    def _submit(self, request: Request) -> Reply:
        if self.locked:
            return Reply.of({"detail": f"User is locked. Reason: {self.locked}."}, 403)
        body = request.json()
        kind = request.path.removeprefix(_APP).strip("/")
        if kind not in ("image-to-video", "text-to-video") or not isinstance(body, dict):
            return Reply.of({"detail": "Path not found"}, 404)
        for name, wrong in _wrong(kind, body):
            return Reply.of({"detail": [{"loc": ["body", name], "msg": wrong, "type": "value_error"}]}, 422)
        task = self.accept(body)
        root = f"{self.url}/fal-ai/pika/requests/{task.id}"
        return Reply.of(
            {
                "request_id": task.id,
                "response_url": root,
                "status_url": f"{root}/status",
                "cancel_url": f"{root}/cancel",
                "status": "IN_QUEUE",
                "queue_position": 0,
            }
        )

    def _status(self, task: SimTask) -> Reply:
        state = self.advance(task)
        if state == "queued":
            return Reply.of({"status": "IN_QUEUE", "queue_position": 2}, 202)
        if state == "running":
            return Reply.of({"status": "IN_PROGRESS", "logs": []}, 202)
        if state not in ("succeeded", "failed"):
            return Reply.of({"status": state}, 202)
        return Reply.of({"status": "COMPLETED", "logs": [], "metrics": {"inference_time": 3.2}})

    def _result(self, task: SimTask) -> Reply:
        if task.state == "succeeded":
            url = self.clip_url(task)
            return Reply.of({"video": {"url": url, "content_type": "video/mp4", "file_name": "output.mp4"}})
        if task.state == "failed":
            failure: Any = task.failure or {"detail": "error", "error_type": "runner_server_error"}
            if isinstance(failure, Reply):
                return failure
            return Reply.of(failure, 422 if isinstance(failure.get("detail"), list) else 500)
        return Reply.of({"detail": "Request is still in progress"}, 400)


def _wrong(kind: str, body: dict[str, Any]) -> list[tuple[str, str]]:
    found = [(name, "extra fields not permitted") for name in sorted(set(body) - _KNOWN)]
    if not body.get("prompt"):
        found.append(("prompt", "field required"))
    if kind == "image-to-video" and not str(body.get("image_url", "")).startswith(("data:image/", "http")):
        found.append(("image_url", "field required"))
    if kind == "image-to-video" and "aspect_ratio" in body:
        found.append(("aspect_ratio", "extra fields not permitted"))
    if body.get("aspect_ratio", "16:9") not in _ASPECTS:
        found.append(("aspect_ratio", "unexpected value"))
    if body.get("duration", 5) not in (5, 10) or body.get("resolution", "720p") not in ("720p", "1080p"):
        found.append(("duration", "unexpected value"))
    return found
