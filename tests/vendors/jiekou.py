"""Jiekou's asynchronous API, of Novita's shape, as its documents describe it."""

from __future__ import annotations

from typing import Any

from tests.vendors.http import Reply, Request
from tests.vendors.simulator import SimTask, Simulator

_ROOT = "/v3/async/"
_FIELDS = {
    "sora-2-img2video": {"prompt", "image", "resolution", "duration", "professional"},
    "sora-2-text2video": {"prompt", "size", "duration", "professional"},
    "sora-2-video-reverse": {
        *("prompt", "image", "duration", "size", "watermark", "character_url", "character_timestamps"),
    },
}
_LENGTHS = {"sora-2-img2video": (4, 8, 12), "sora-2-text2video": (4, 8, 12), "sora-2-video-reverse": (10, 15)}
_SIZES = {
    "sora-2-text2video": ("720*1280", "1280*720", "1024*1792", "1792*1024"),
    "sora-2-video-reverse": ("720x1280", "1280x720"),
}
_WORDS = {"queued": "QUEUED", "running": "PROCESSING", "succeeded": "SUCCEED", "failed": "FAILED"}


class Jiekou(Simulator):
    """The simulator. It tells how long links live now as a number and now as a string, as the API does."""

    def answer(self, request: Request) -> Reply:
        """The API."""
        if request.headers.get("authorization") != f"Bearer {self.KEY}":
            return Reply(401, "无效令牌".encode(), {"content-type": "text/plain; charset=utf-8"})
        if request.method == "GET" and request.path == f"{_ROOT}task-result":
            return self._result(request)
        slug = request.path.removeprefix(_ROOT)
        if request.method == "POST" and slug in _FIELDS:
            return self._create(slug, request)
        return Reply.of({"code": 404, "reason": "NOT_FOUND", "message": "no such path"}, 404)

    def seconds_of(self, task: SimTask) -> float:
        """As ordered."""
        return float(task.request.get("duration", 4))

    def _create(self, slug: str, request: Request) -> Reply:
        body = request.json()
        wrong = "body is no JSON object" if not isinstance(body, dict) else _wrong(slug, body)
        if wrong:
            reason = "CONTENT_POLICY" if "policy" in wrong else "INVALID_REQUEST_BODY"
            return Reply.of({"code": 400, "reason": reason, "message": wrong, "metadata": {}}, 400)
        return Reply.of({"task_id": self.accept({**body, "slug": slug}).id})

    def _result(self, request: Request) -> Reply:
        task = self.tasks.get(request.query.get("task_id", ""))
        if task is None:
            return Reply.of({"code": 404, "reason": "TASK_NOT_FOUND", "message": "task not found"}, 404)
        state = self.advance(task)
        videos = []
        if state == "succeeded":
            ttl: Any = "3600" if task.polls % 2 else 3600
            videos.append({"video_url": self.clip_url(task), "video_url_ttl": ttl, "video_type": "mp4"})
        told = {
            "task_id": task.id,
            "status": f"TASK_STATUS_{_WORDS[state]}" if state in _WORDS else state,
            "reason": str(task.failure or "internal error") if state == "failed" else "",
            "task_type": "IMG_TO_VIDEO",
            "eta": 0,
            "progress_percent": 0,
        }
        return Reply.of({"extra": {"seed": "1"}, "task": told, "images": [], "videos": videos, "audios": []})


def _wrong(slug: str, body: dict[str, Any]) -> str:
    unknown = sorted(set(body) - _FIELDS[slug])
    if unknown:
        return f"unknown field {unknown[0]}"
    if not isinstance(body.get("prompt"), str) or not body["prompt"]:
        return "prompt is required"
    if "blood" in body["prompt"]:
        return "the prompt is against the content policy"
    if body.get("duration", 4) not in _LENGTHS[slug]:
        return "duration is not one of this model's"
    if slug in _SIZES and body.get("size", _SIZES[slug][0]) not in _SIZES[slug]:
        return "size is not one of this model's"
    image = body.get("image", "")
    if slug == "sora-2-img2video" and not str(image).startswith(("http", "data:image/")):
        return "image must be a URL or a data URI"
    if slug == "sora-2-video-reverse" and image and not str(image).startswith("http"):
        return "image must be a URL"
    if body.get("resolution", "720p") not in ("720p", "1080p"):
        return "resolution is not known"
    return ""
