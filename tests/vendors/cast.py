"""Every vendor with its simulator, and how each says what may go wrong: for tests of what holds for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.vendors import comfyui, kling
from tests.vendors.fal import Fal
from tests.vendors.http import Reply
from tests.vendors.jiekou import Jiekou
from tests.vendors.luma import Luma
from tests.vendors.openai import OpenAI
from tests.vendors.pika import Pika
from tests.vendors.runway import Runway
from tests.vendors.simulator import Simulator
from tests.vendors.svd import Svd
from tests.vendors.yunwu import Yunwu

_BUSY = Reply.of({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, 429)


@dataclass(frozen=True)
class Role:
    """One vendor. Regular expressions fit "METHOD /path"."""

    make: Callable[[], Simulator]
    submit: str
    poll: str
    clip: str = r"^GET /files/"
    settings: Mapping[str, Any] = field(default_factory=dict)
    finds: str = ""
    """How a lost submit is found again: "handle", "list" or not at all."""
    credit: Reply | None = None
    """How it says that the credit is used up."""
    busy: Reply | None = None
    """How it says that it has too much to do."""
    moderated: Any = None
    """How a task fails whose content it refuses; None: it refuses the word "blood" at once."""
    moderates: bool = True
    wrong_key: Mapping[str, Any] | None = field(default_factory=lambda: {"key": "wrong-key"})


CAST = {
    "runway": Role(
        Runway,
        submit=r"^POST /v1/\w+_to_video",
        poll=r"^GET /v1/tasks/",
        credit=Reply.of({"error": "You do not have enough credits to run this task."}, 400),
        moderated={"failure": "the prompt is not allowed", "failureCode": "SAFETY.INPUT.TEXT"},
    ),
    "luma": Role(
        Luma,
        submit=r"^POST \S*/generations",
        poll=r"^GET \S*/generations/",
        finds="list",
        credit=Reply.of({"detail": "Insufficient credits"}, 400),
        busy=Reply.of({"detail": "rate limit"}, 429),
        moderated="Frame moderation failed",
    ),
    "kling": Role(
        kling.Kling,
        submit=r"^POST /v1/videos",
        poll=r"^GET /v1/videos/\w+/task",
        settings={"key": kling.ACCESS, "secret": kling.SECRET},
        finds="handle",
        credit=Reply.of({"code": 1102, "message": "resource pack depleted"}, 429),
        busy=Reply.of({"code": 1302, "message": "too many requests"}, 429),
        wrong_key={"secret": "wrong-secret"},
    ),
    "fal": Role(
        Fal,
        submit=r"^POST /fal-ai/",
        poll=r"^GET /fal-ai/pika/requests/\S+/status",
        credit=Reply.of({"detail": "User is locked. Reason: Exhausted balance. Top up."}, 403),
        busy=Reply.of({"detail": "too many requests"}, 429),
        moderated={"detail": [{"loc": ["body"], "msg": "unsafe", "type": "content_policy_violation"}]},
    ),
    "pika": Role(
        Pika,
        submit=r"^POST /generate/",
        poll=r"^GET /videos/",
        credit=Reply.of({"detail": "no credits left"}, 402),
        busy=Reply.of({"detail": "too many requests"}, 429),
        moderated="content moderation",
    ),
    "openai": Role(
        OpenAI,
        clip=r"^GET /v1/videos/[^/]+/content",
        submit=r"^POST /v1/videos",
        poll=r"^GET /v1/videos/[^/]+$",
        finds="list",
        credit=Reply.of({"error": {"message": "quota", "code": "insufficient_quota"}}, 429),
        busy=_BUSY,
    ),
    "jiekou": Role(
        Jiekou,
        submit=r"^POST /v3/async/",
        poll=r"^GET /v3/async/task-result",
        settings={"models": ["sora-2-text2video", "sora-2-img2video"]},
        credit=Reply.of({"code": 403, "reason": "NOT_ENOUGH_BALANCE", "message": "top up"}, 403),
        busy=Reply(429, b"too many requests"),
    ),
    "yunwu": Role(
        Yunwu,
        submit=r"^POST /v1/video/create",
        poll=r"^GET /v1/video/query",
        credit=Reply.of({"error": {"message": "用户额度不足", "code": "insufficient_user_quota"}}, 403),
        busy=_BUSY,
    ),
    "svd": Role(
        Svd,
        clip=r"^GET /tasks/[^/]+/clip",
        submit=r"^POST /generate",
        poll=r"^GET /tasks/[^/]+$",
        settings={"options": {"text": True}},
        finds="handle",
        busy=Reply.of({"error": {"code": "busy", "message": "one task at a time"}}, 429),
        moderates=False,
    ),
    "comfyui": Role(
        comfyui.ComfyUI,
        clip=r"^GET /view",
        submit=r"^POST /prompt",
        poll=r"^GET /history/",
        settings={"options": {"lengths": [2]}},
        finds="handle",
        moderates=False,
        wrong_key=None,
    ),
}


def account(name: str, simulator: Simulator, folder: Path, **more: Any) -> dict[str, Any]:
    """The settings of an account of the vendor at its simulator."""
    given: dict[str, Any] = {"type": name, "base_url": simulator.url, "key": simulator.KEY}
    given |= {**CAST[name].settings, **more}
    if name == "comfyui":
        given["key"] = ""
        given["options"] = {**given["options"], "workflow": comfyui.workflow(folder, picture=False)}
    return given
