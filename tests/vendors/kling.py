"""Kling's classic API (/v1/videos), as its documents describe it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Any

from tests.vendors.http import Reply, Request
from tests.vendors.simulator import SimTask, Simulator

ACCESS, SECRET = "ak-test", "sk-test-secret"
_MODELS = {
    "kling-v1": ("5", "10"),
    "kling-v1-6": ("5", "10"),
    "kling-v2-1": ("5", "10"),
    "kling-v2-5-turbo": ("5", "10"),
    "kling-v2-6": ("5", "10"),
    "kling-v3": tuple(str(n) for n in range(3, 16)),
}
_KNOWN = {
    "model_name", "mode", "duration", "image", "image_tail", "prompt", "negative_prompt", "cfg_scale",
    "aspect_ratio", "camera_control", "static_mask", "dynamic_masks", "sound", "watermark_info",
    "callback_url", "external_task_id", "sound_file", "audio_id",
}  # fmt: skip


class Kling(Simulator):
    """The simulator. `slots` bounds the tasks at once."""

    def __init__(self, slots: int = 100) -> None:
        super().__init__()
        self.slots = slots
        self.expire_tokens_once = False

    def answer(self, request: Request) -> Reply:
        """The API."""
        if (refused := self._refused(request)) is not None:
            return refused
        parts = request.path.strip("/").split("/")
        if request.path == "/account/costs":
            return self._costs(request)
        if parts[:2] != ["v1", "videos"]:
            return _error(404, 1203, "no such resource")
        kind, rest = (parts[2], parts[3:]) if parts[2:3] != ["avatar"] else ("avatar/image2video", parts[4:])
        if kind not in ("text2video", "image2video", "avatar/image2video"):
            return _error(404, 1203, "no such resource")
        if request.method == "POST" and not rest:
            return self._create(kind, request)
        if request.method == "GET" and rest:
            return self._one(kind, rest[0])
        if request.method == "GET":
            return self._list(kind, request)
        return _error(404, 1202, "no such method")

    def seconds_of(self, task: SimTask) -> float:
        """As ordered; an avatar's sound in the tests lasts 2 s."""
        return float(task.request.get("duration", "5" if "sound_file" not in task.request else "2"))

    def _refused(self, request: Request) -> Reply | None:
        token = request.headers.get("authorization", "")
        if not token:
            return _error(401, 1001, "authorization is empty")
        if not token.startswith("Bearer ") or token.count(".") != 2:
            return _error(401, 1002, "authorization is invalid")
        head, payload, signature = token.removeprefix("Bearer ").split(".")
        expected = hmac.new(SECRET.encode(), f"{head}.{payload}".encode(), hashlib.sha256).digest()
        try:
            given, told = _decode(signature), json.loads(_decode(payload))
        except (ValueError, binascii.Error):
            return _error(401, 1002, "authorization is invalid")
        if not hmac.compare_digest(expected, given) or json.loads(_decode(head)).get("alg") != "HS256":
            return _error(401, 1002, "authorization is invalid")
        if told.get("iss") != ACCESS:
            return _error(401, 1000, "authentication failed")
        if told.get("nbf", 0) > time.time():
            return _error(401, 1003, "authorization is not yet valid")
        if told.get("exp", 0) < time.time() or self.expire_tokens_once:
            self.expire_tokens_once = False
            return _error(401, 1004, "authorization has expired")
        return None

    def _create(self, kind: str, request: Request) -> Reply:
        body = request.json()
        if not isinstance(body, dict):
            return _error(400, 1200, "body is not valid JSON")
        if (wrong := _wrong(kind, body)) is not None:
            return _error(400, 1201, wrong)
        handle = body.get("external_task_id", "")
        if handle and any(task.handle == handle for task in self.tasks.values()):
            return _error(400, 1201, "external_task_id exists already")
        if "blood" in body.get("prompt", ""):
            return _error(400, 1301, "the content triggers the platform's risk control")
        busy = [task for task in self.tasks.values() if task.state not in ("succeeded", "failed")]
        if len(busy) >= self.slots:
            return _error(429, 1303, "parallel task over resource pack limit")
        task = self.accept({**body, "kind": kind}, handle)
        return Reply.of(_envelope({**_told(task, "submitted"), "task_info": {"external_task_id": handle}}))

    def _one(self, kind: str, ident: str) -> Reply:
        task = self.tasks.get(ident) or next(
            (t for t in self.tasks.values() if ident and t.handle == ident), None
        )
        if task is None or task.request["kind"] != kind:
            return _error(404, 1203, "task not found")
        return Reply.of(_envelope(self._state(task)))

    def _list(self, kind: str, request: Request) -> Reply:
        size, page = int(request.query.get("pageSize", "30")), int(request.query.get("pageNum", "1"))
        if not (1 <= size <= 500 and 1 <= page <= 1000):
            return _error(400, 1201, "pageNum or pageSize is out of range")
        newest = [t for t in reversed(self.tasks.values()) if t.request["kind"] == kind][
            size * (page - 1) : size * page
        ]
        return Reply.of(_envelope([_told(task, "processing") for task in newest]))

    def _state(self, task: SimTask) -> dict[str, Any]:
        state = self.advance(task)
        words = {"queued": "submitted", "running": "processing", "succeeded": "succeed", "failed": "failed"}
        told = _told(task, words.get(state, state))
        if state == "succeeded":
            url = self.clip_url(task)
            told["task_result"] = {
                "videos": [{"id": "v1", "url": url, "duration": f"{self.seconds_of(task)}"}]
            }
            told["final_unit_deduction"] = "2"
        if state == "failed":
            told["task_status_msg"] = task.failure or "internal error"
        return told

    def _costs(self, request: Request) -> Reply:
        if not {"start_time", "end_time"} <= set(request.query):
            return _error(400, 1201, "start_time and end_time are required")
        pack = {
            "resource_pack_name": "Videos", "resource_pack_id": "p1",
            "resource_pack_type": "decreasing_total",
            "total_quantity": 1000.0, "remaining_quantity": 731.5, "purchase_time": 1726124664368,
            "effective_time": 1726124664368, "invalid_time": 1827660799999, "status": "online",
        }  # fmt: skip
        return Reply.of(_envelope({"code": 0, "msg": "success", "resource_pack_subscribe_infos": [pack]}))


def _wrong(kind: str, body: dict[str, Any]) -> str | None:
    unknown = sorted(set(body) - _KNOWN)
    if unknown:
        return f"unknown parameter {unknown[0]}"
    if any(
        not isinstance(body.get(name, ""), str) for name in ("duration", "prompt", "negative_prompt", "image")
    ):
        return "parameter of a wrong type"
    if len(body.get("prompt", "")) > 2500 or len(body.get("negative_prompt", "")) > 2500:
        return "prompt is longer than 2500 characters"
    for name in ("image", "image_tail", "sound_file"):
        value = body.get(name, "")
        if value.startswith("data:"):
            return f"{name} must be a URL or base64 without a prefix"
        if value and not value.startswith("http"):
            try:
                base64.b64decode(value, validate=True)
            except binascii.Error:
                return f"{name} is not valid base64"
    if kind == "avatar/image2video":
        if not body.get("image") or bool(body.get("sound_file")) == bool(body.get("audio_id")):
            return "image and exactly one of sound_file and audio_id are required"
        return None
    model = body.get("model_name", "kling-v1")
    if model not in _MODELS:
        return "model_name is not known"
    if body.get("duration", "5") not in _MODELS[model]:
        return "duration is not one of this model's"
    if body.get("mode", "std") not in ("std", "pro"):
        return "mode is not known"
    if kind == "image2video" and not (body.get("image") or body.get("image_tail")):
        return "image or image_tail is required"
    if kind == "text2video" and not body.get("prompt"):
        return "prompt is required"
    if kind == "image2video" and "aspect_ratio" in body:
        return "aspect_ratio is for text2video"
    if body.get("aspect_ratio", "16:9") not in ("16:9", "9:16", "1:1"):
        return "aspect_ratio is not known"
    return None


def _told(task: SimTask, status: str) -> dict[str, Any]:
    now = int(time.time() * 1000)
    return {
        "task_id": task.id,
        "task_status": status,
        "task_info": {"external_task_id": task.handle},
        "created_at": int(task.created * 1000),
        "updated_at": now,
    }


def _envelope(data: Any) -> dict[str, Any]:
    return {"code": 0, "message": "SUCCEED", "request_id": "r-1", "data": data}


def _error(status: int, code: int, message: str) -> Reply:
    return Reply.of({"code": code, "message": message, "request_id": "r-1"}, status)


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
