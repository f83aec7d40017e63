"""A GPU machine that speaks the wire shape of `servers.video.vendors.svd`, as that module describes it."""

from __future__ import annotations

from typing import Any

from tests.vendors.http import Reply, Request
from tests.vendors.simulator import SimTask, Simulator, clip

_FIELDS = {
    *("id", "width", "height", "frames", "frames_per_second", "seed", "prompt"),
    *("motion_bucket_id", "noise_aug_strength", "steps"),
}


class Svd(Simulator):
    """The simulator."""

    def answer(self, request: Request) -> Reply:
        """The API."""
        if request.headers.get("authorization") != f"Bearer {self.KEY}":
            return _error(401, "unauthorized", "wrong key")
        if request.path == "/health":
            return Reply.of({"status": "ready", "device": "Toy GPU", "model": "svd-xt"})
        if request.method == "POST" and request.path == "/generate":
            return self._create(request)
        parts = request.path.strip("/").split("/")
        task = self.tasks.get(parts[1]) if parts[0] == "tasks" and len(parts) > 1 else None
        if task is None:
            return _error(404, "not_found", "no such task")
        if request.method == "DELETE":
            task.cancelled = True
            return Reply(204)
        if parts[2:] == ["clip"]:
            if self.clip_faults:
                return self.clip_faults.popleft()
            return Reply(200, clip(self.clip_seconds or self.seconds_of(task)), {"content-type": "video/mp4"})
        return Reply.of(self._told(task))

    def seconds_of(self, task: SimTask) -> float:
        """As ordered."""
        return float(task.request["frames"]) / float(task.request["frames_per_second"])

    def _create(self, request: Request) -> Reply:
        form = request.form()
        if unknown := sorted(set(form) - _FIELDS):
            return _error(400, "invalid", f"unknown field {unknown[0]}")
        if missing := sorted({"id", "width", "height", "frames", "frames_per_second"} - set(form)):
            return _error(400, "invalid", f"{missing[0]} is required")
        task = self.tasks.get(form["id"]) or self.accept(form, form["id"], ident=form["id"])
        return Reply.of({"id": task.id}, 202)

    def _told(self, task: SimTask) -> dict[str, Any]:
        state = "cancelled" if task.cancelled else self.advance(task)
        told: dict[str, Any] = {"id": task.id, "status": state, "progress": None, "error": None}
        if state == "running":
            told["progress"] = 0.4
        if state == "failed":
            told["error"] = {"code": "oom", "message": str(task.failure or "out of memory")}
        return told


def _error(status: int, code: str, message: str) -> Reply:
    return Reply.of({"error": {"code": code, "message": message}}, status)
