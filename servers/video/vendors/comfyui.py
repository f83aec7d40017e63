"""ComfyUI on a machine of one's own: a workflow with named slots. Source: ComfyUI's server.py and
execution.py.

A task's id is ours, so a lost submit is looked for in the queue and the history. ComfyUI does not refuse an
id that it knows, so one that is not found proves nothing until the queue and the history were both read
whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_SETTING, Missing
from servers.chassis.comfyui import Client, files_of, filled, slots_of, trouble, view, why, workflow
from servers.chassis.http import Http
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
        answer = await self._client(http).submit(filled(self._workflow(), values), handle)
        if answer.status == 200 and answer.object().get("prompt_id"):
            return str(answer.object()["prompt_id"])
        if answer.refused:
            raise Refused(trouble(answer))
        raise Unknown(answer.text())

    async def poll(self, task_id: str, shot_model: str, http: Http) -> State:
        """See `Vendor.poll`."""
        entry = await self._client(http).entry(task_id)
        if entry is None:
            return await self._waiting(task_id, http)
        status = entry.get("status") or {}
        if status.get("status_str") == "error":
            return Failed(Trouble(Kind.INTERNAL, why(status)))
        for file in files_of(entry, _SUFFIXES):
            return Finished(url=view(http, file), headers=self._headers())
        return Failed(Trouble(Kind.BAD_OUTPUT, "the workflow ended without a video"))

    async def find(self, shot: Shot, handle: str, submitted_at: float, http: Http) -> str | None:
        """See `Vendor.find`. Nothing is paid here: what is in neither queue nor history is sent again."""
        return handle if await self._client(http).knows(handle) else None

    async def cancel(self, task_id: str, shot_model: str, http: Http) -> CancelOutcome:
        """See `Vendor.cancel`."""
        if await self._client(http).entry(task_id) is not None:
            return CancelOutcome.TOO_LATE
        await self._client(http).cancel(task_id)
        return CancelOutcome.CANCELLED

    async def reach(self, http: Http) -> str:
        """See `Vendor.reach`."""
        told = await self._client(http).read("/system_stats")
        devices = [str(one.get("name")) for one in told.get("devices") or () if isinstance(one, dict)]
        return f"ready on {', '.join(devices) or 'an unnamed device'}"

    async def _upload(self, content: bytes, kind: str, handle: str, http: Http) -> str:
        """Uploading costs nothing, so whatever goes wrong here is a refusal."""
        try:
            return await self._client(http).upload(content, kind, handle)
        except Unreachable as error:
            raise Refused(error.trouble) from error

    async def _waiting(self, task_id: str, http: Http) -> State:
        waiting = await self._client(http).queue()
        if task_id not in waiting:
            # It may have ended between the two questions.
            if await self._client(http).entry(task_id) is not None:
                return Running()
            return Failed(
                Trouble(Kind.INTERNAL, "it is neither in the queue nor in the history any more"), missing=True
            )
        position = waiting.index(task_id)
        return Running(queue_position=position) if position else Running()

    def _client(self, http: Http) -> Client:
        return Client(http, self._headers())

    def _workflow(self) -> dict[str, Any]:
        return workflow(self.settings.options["workflow"])

    def _slots(self) -> set[str]:
        try:
            return slots_of(self._workflow(), _SLOTS)
        except (OSError, ValueError, KeyError):
            return set()

    def _headers(self) -> dict[str, str]:
        key = reveal(self.settings.key)
        return {"Authorization": f"Bearer {key}"} if key else {}
