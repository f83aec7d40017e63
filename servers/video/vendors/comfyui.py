"""ComfyUI on a machine of one's own: a workflow with named slots. Source: ComfyUI's server.py and
execution.py.

A task's id is ours, so a lost submit is looked for in the queue and the history. ComfyUI does not refuse an
id that it knows, so one that is not found proves nothing until the queue and the history were both read
whole.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_SETTING, Missing
from servers.chassis.http import Answer, Http
from servers.chassis.settings import reveal
from servers.video.vendor import (
    CancelOutcome,
    Failed,
    Finished,
    Kind,
    Offer,
    Refused,
    Running,
    Shot,
    State,
    Trouble,
    Unknown,
    Unreachable,
    Vendor,
)

_PICTURE_BYTES = 32 * 2**20
_SLOTS = ("prompt", "negative_prompt", "image", "width", "height", "seconds", "frames", "seed")
_SUFFIXES = (".mp4", ".webm", ".mkv", ".mov")


class ComfyUI(Vendor):
    """One server. Options: `workflow`, a file of the API format in which a value "{{prompt}}" (or
    negative_prompt,
    image, width, height, seconds, frames, seed) is a slot; `name`, the model's name; `frames_per_second`,
    for the slot frames; `lengths` in seconds; `sizes`.
    """

    title: ClassVar[str] = "ComfyUI"
    base_url: ClassVar[str] = "http://127.0.0.1:8188"
    keyed: ClassVar[bool] = False
    findable: ClassVar[bool] = True
    cancellable: ClassVar[bool] = True

    def missing(self) -> Sequence[Missing]:
        """See `Vendor.missing`: the workflow."""
        try:
            self._workflow()
        except (OSError, ValueError, KeyError) as error:
            remedy = f"set options.workflow to a workflow saved in the API format ({type(error).__name__})"
            return (Missing(kind=MISSING_KIND_SETTING, name="workflow", remedy=remedy),)
        return ()

    def offers(self) -> Sequence[Offer]:
        """See `Vendor.offers`."""
        options = self.settings.options
        slots = self._slots()
        return [
            Offer(
                model=str(options.get("name", "workflow")),
                seconds=tuple(Fraction(str(n)) for n in options.get("lengths", ())),
                sizes=tuple((int(size[0]), int(size[1])) for size in options.get("sizes", ())),
                text="image" not in slots,
                first_frame="image" in slots,
                negative_prompt="negative_prompt" in slots,
                seed="seed" in slots,
            )
        ]

    async def submit(self, shot: Shot, handle: str, http: Http) -> str:
        """See `Vendor.submit`."""
        picture = ""
        if shot.first_frame is not None:
            content, kind = await shot.first_frame.content(most_bytes=_PICTURE_BYTES)
            picture = await self._upload(content, kind, handle, http)
        rate = float(self.settings.options.get("frames_per_second", 8))
        values: dict[str, Any] = {
            "prompt": shot.prompt,
            "negative_prompt": shot.negative_prompt,
            "image": picture,
            "width": shot.width,
            "height": shot.height,
            "seconds": float(shot.seconds),
            "frames": round(float(shot.seconds) * rate),
            "seed": shot.seed or 0,
        }
        body = {"prompt": _filled(self._workflow(), values), "prompt_id": handle, "client_id": "reelmesh"}
        answer = await http.call("POST", "/prompt", headers=self._headers(), json=body)
        if answer.status == 200 and answer.object().get("prompt_id"):
            return str(answer.object()["prompt_id"])
        if answer.refused:
            raise Refused(_trouble(answer))
        raise Unknown(answer.text())

    async def poll(self, task_id: str, shot_model: str, http: Http) -> State:
        """See `Vendor.poll`."""
        told = await self._read(http, f"/history/{task_id}")
        entry = told.get(task_id)
        if not isinstance(entry, dict):
            return await self._waiting(task_id, http)
        status = entry.get("status") or {}
        if status.get("status_str") == "error":
            return Failed(Trouble(Kind.INTERNAL, _why(status)))
        for outputs in (entry.get("outputs") or {}).values():
            for files in outputs.values():
                for file in files if isinstance(files, list) else ():
                    if isinstance(file, dict) and str(file.get("filename", "")).lower().endswith(_SUFFIXES):
                        return Finished(url=_view(http, file), headers=self._headers())
        return Failed(Trouble(Kind.BAD_OUTPUT, "the workflow ended without a video"))

    async def find(self, shot: Shot, handle: str, submitted_at: float, http: Http) -> str | None:
        """See `Vendor.find`. Nothing is paid here: what is in neither queue nor history is sent again."""
        if handle in await self._read(http, f"/history/{handle}"):
            return handle
        waiting = await self._queue(http)
        return handle if handle in waiting else None

    async def cancel(self, task_id: str, shot_model: str, http: Http) -> CancelOutcome:
        """See `Vendor.cancel`."""
        if task_id in await self._read(http, f"/history/{task_id}"):
            return CancelOutcome.TOO_LATE
        await http.call("POST", "/queue", headers=self._headers(), json={"delete": [task_id]})
        await http.call("POST", "/interrupt", headers=self._headers(), json={"prompt_id": task_id})
        return CancelOutcome.CANCELLED

    async def reach(self, http: Http) -> str:
        """See `Vendor.reach`."""
        told = await self._read(http, "/system_stats")
        devices = [str(one.get("name")) for one in told.get("devices") or () if isinstance(one, dict)]
        return f"ready on {', '.join(devices) or 'an unnamed device'}"

    async def _upload(self, content: bytes, kind: str, handle: str, http: Http) -> str:
        """Uploading costs nothing, so whatever goes wrong here is a refusal."""
        file = (f"{handle}.{kind.split('/')[1]}", content, kind)
        answer = await http.call(
            "POST",
            "/upload/image",
            headers=self._headers(),
            data={"overwrite": "true"},
            files={"image": file},
        )
        if answer.status != 200:
            raise Refused(_trouble(answer))
        told = answer.object()
        return "/".join(str(part) for part in (told.get("subfolder"), told.get("name")) if part)

    async def _waiting(self, task_id: str, http: Http) -> State:
        waiting = await self._queue(http)
        if task_id not in waiting:
            # It may have ended between the two questions.
            if task_id in await self._read(http, f"/history/{task_id}"):
                return Running()
            return Failed(Trouble(Kind.INTERNAL, "it is neither in the queue nor in the history any more"))
        position = waiting.index(task_id)
        return Running(queue_position=position) if position else Running()

    async def _queue(self, http: Http) -> list[str]:
        told = await self._read(http, "/queue")
        if not isinstance(told.get("queue_running"), list) or not isinstance(told.get("queue_pending"), list):
            raise Unreachable(Trouble(Kind.OUTAGE, "its queue can not be read"))
        entries = [*told["queue_running"], *told["queue_pending"]]
        return [str(entry[1]) for entry in entries]

    async def _read(self, http: Http, path: str) -> dict[str, Any]:
        answer = await http.call("GET", path, headers=self._headers())
        told = answer.json()
        if answer.status != 200 or not isinstance(told, dict):
            raise Unreachable(_trouble(answer))
        return told

    def _workflow(self) -> dict[str, Any]:
        loaded = json.loads(Path(self.settings.options["workflow"]).expanduser().read_text(encoding="utf-8"))
        if not isinstance(loaded, dict):
            raise ValueError("not an object")
        return loaded

    def _slots(self) -> set[str]:
        try:
            text = json.dumps(self._workflow())
        except (OSError, ValueError, KeyError):
            return set()
        return {slot for slot in _SLOTS if f"{{{{{slot}}}}}" in text}

    def _headers(self) -> dict[str, str]:
        key = reveal(self.settings.key)
        return {"Authorization": f"Bearer {key}"} if key else {}


def _filled(value: Any, values: dict[str, Any]) -> Any:
    """The workflow with its slots filled: a slot alone keeps its type, within a longer text it is put in."""
    if isinstance(value, dict):
        return {key: _filled(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, values) for inner in value]
    if not isinstance(value, str):
        return value
    for slot, given in values.items():
        if value == f"{{{{{slot}}}}}":
            return given
        value = value.replace(f"{{{{{slot}}}}}", str(given))
    return value


def _view(http: Http, file: dict[str, Any]) -> str:
    query = {
        "filename": file.get("filename", ""),
        "subfolder": file.get("subfolder", ""),
        "type": file.get("type") or "output",
    }
    return f"{http.base_url}view?{urlencode(query)}"


def _why(status: dict[str, Any]) -> str:
    for message in status.get("messages") or ():
        if isinstance(message, list) and len(message) > 1 and message[0] == "execution_error":
            told = message[1]
            return f"{told.get('node_type')}: {told.get('exception_message')}"[:300]
    return "it failed and says no more"


def _trouble(answer: Answer) -> Trouble:
    error = answer.object().get("error")
    error = error if isinstance(error, dict) else {"message": error}
    nodes = answer.object().get("node_errors") or {}
    where = "; ".join(
        f"node {node}: {one.get('message')} {one.get('details', '')}".strip()
        for node, told in nodes.items()
        for one in (told.get("errors") or ())[:1]
    )
    message = " ".join(part for part in (str(error.get("message") or answer.text()), where) if part)
    kinds = {400: Kind.INVALID, 401: Kind.AUTH, 403: Kind.AUTH}
    return Trouble(kinds.get(answer.status, Kind.OUTAGE), message[:300], str(error.get("type") or ""))
