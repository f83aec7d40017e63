"""Pika's own API, as far as secondary sources tell of it."""

from __future__ import annotations

from typing import Any

from tests.vendors.http import Reply, Request
from tests.vendors.simulator import SimTask, Simulator

_KNOWN = {"promptText", "negativePrompt", "seed", "duration", "resolution", "aspectRatio"}


class Pika(Simulator):
    """The simulator."""

    def answer(self, request: Request) -> Reply:
        """The API."""
        if request.headers.get("x-api-key") != self.KEY:
            return Reply.of({"detail": "Invalid API key"}, 401)
        if request.method == "POST" and request.path in ("/generate/2.2/t2v", "/generate/2.2/i2v"):
            return self._create(request, pictured=request.path.endswith("i2v"))
        task = self.tasks.get(request.path.removeprefix("/videos/"))
        if task is None or request.method != "GET":
            return Reply.of({"detail": "Not Found"}, 404)
        state = self.advance(task)
        words = {"running": "started", "succeeded": "finished"}
        told: dict[str, Any] = {"id": task.id, "status": words.get(state, state)}
        if state == "running":
            told["progress"] = 40
        if state == "failed" and task.failure:
            told["error"] = task.failure
        if state == "succeeded":
            told["url"] = self.clip_url(task)
        return Reply.of(told)

    def seconds_of(self, task: SimTask) -> float:
        """As ordered."""
        return float(task.request["duration"])

    def _create(self, request: Request, *, pictured: bool) -> Reply:
        multipart = request.headers.get("content-type", "").startswith("multipart/form-data")
        if pictured != multipart:
            return Reply.of({"detail": "Unsupported media type"}, 415)
        form = request.form()
        wrong = sorted(set(form) - _KNOWN)
        if not form.get("promptText"):
            wrong.append("promptText")
        if pictured and "image" not in request.files():
            wrong.append("image")
        if form.get("duration", "5") not in ("5", "10") or form.get("resolution") not in ("720p", "1080p"):
            wrong.append("duration")
        if not 0.4 <= float(form.get("aspectRatio", "1.0")) <= 2.5:
            wrong.append("aspectRatio")
        if wrong:
            detail = [{"loc": ["body", wrong[0]], "msg": "invalid", "type": "value_error"}]
            return Reply.of({"detail": detail}, 422)
        return Reply.of({"video_id": self.accept(form).id})
