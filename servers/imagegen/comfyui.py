"""Pictures by ComfyUI on a machine of one's own: a workflow template with named slots.

A value "{{prompt}}" in the workflow (or negative_prompt, width, height, seed, steps, guidance, image) is a
slot. What a workflow has no slot for, it can not do.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from reelmesh.common.v1.engine_pb2 import MISSING_KIND_SETTING, Missing
from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.imagegen.v1 import imagegen_pb2
from servers.chassis.comfyui import (
    BASE_URL,
    Client,
    files_of,
    filled,
    slots_of,
    trouble,
    view,
    why,
    workflow,
)
from servers.chassis.engine import WorkContext
from servers.chassis.http import NoAnswer, NotSent
from servers.chassis.media.formats import sniff
from servers.chassis.remote import Account, RemoteSettings
from servers.chassis.trouble import Kind, Trouble, Unreachable
from servers.imagegen import wording
from servers.imagegen.distant import Call, DistantEngine

_OUR_VERSION = 1
_SLOTS = ("prompt", "negative_prompt", "image", "width", "height", "seed", "steps", "guidance")
_ABLE = {
    "negative_prompt": "negative-prompt",
    "image": "reference",
    "seed": "seed",
    "steps": "steps",
    "guidance": "guidance",
}
_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_MOST_PICTURE_BYTES = 256 * 2**20
_REFERENCE_BYTES = 32 * 2**20
_PATIENCE = 5
"""Questions in a row that may go without an answer while a picture is drawn."""
_ATTEMPTS = 20
"""Of one picture that a server remembers."""
_STEPS, _GUIDANCE = 28, 4.0
"""What a slot gets where the request says nothing."""


class ComfySettings(RemoteSettings):
    """Options of the engine "comfyui" of ImageGen."""

    workflows: dict[str, Path] = Field(
        default_factory=dict, description="Workflows saved in the API format, by the model's name."
    )
    multiple: int = Field(8, ge=1, le=256, description="Sizes are rounded up to such, and cropped.")
    poll_seconds: float = Field(1.0, gt=0, description="Time between two questions how a picture stands.")


class ComfyUIEngine(DistantEngine):
    """One server."""

    name = "comfyui"
    able: ClassVar[frozenset[str]] = frozenset({"negative-prompt", "reference", "seed", "steps", "styles"})

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._options = ComfySettings.model_validate(dict(settings))
        self._account = Account(
            "imagegen.options.comfyui", self._options, base_url=BASE_URL, keyed=False, trouble=trouble
        )

    def describe(self) -> Description:
        """See `Engine.describe`: what the default workflow can do."""
        able = self._able(next(iter(self._options.workflows), ""))
        return Description(
            description="ComfyUI: workflows of one's own",
            version=str(_OUR_VERSION),
            models=self.models_of(),
            capabilities=sorted(able - {"guidance"}),
            remote=True,
            license="GPL-3.0-only",
        )

    @property
    def paid(self) -> bool:
        """See `Engine.paid`."""
        return self._account.paid

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`: workflows that can be read."""
        where = "imagegen.options.comfyui.workflows"
        if not self._options.workflows:
            remedy = f"set {where} to files saved in the API format, by a model's name"
            return (Missing(kind=MISSING_KIND_SETTING, name="workflows", remedy=remedy),)
        for name, path in self._options.workflows.items():
            try:
                workflow(path)
            except (OSError, ValueError) as error:
                remedy = f"{where}.{name} must be a workflow in the API format ({type(error).__name__})"
                return (Missing(kind=MISSING_KIND_SETTING, name="workflows", remedy=remedy),)
        return self._account.missing()

    def models_of(self) -> tuple[str, ...]:
        """See `DistantEngine.models_of`."""
        return tuple(self._options.workflows)

    def capabilities(self, request: imagegen_pb2.GenerateRequest) -> frozenset[str]:
        """See `DistantEngine.capabilities`."""
        return self._able(request.model)

    def _able(self, model: str) -> frozenset[str]:
        path = self._options.workflows.get(model)
        try:
            slots = slots_of(workflow(path), _SLOTS) if path is not None else set()
        except (OSError, ValueError):
            slots = set()
        return frozenset(word for slot, word in _ABLE.items() if slot in slots) | {"styles"}

    def version_of(self, request: imagegen_pb2.GenerateRequest) -> str:
        """See `DistantEngine.version_of`: the workflow's words count."""
        told = json.dumps(workflow(self._options.workflows[request.model]), sort_keys=True)
        return f"comfyui-{_OUR_VERSION}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"

    async def draw(self, call: Call, work: WorkContext, report: Any) -> Path:
        """See `DistantEngine.draw`.

        The task's id comes from the request's, so that a task whose answer was lost is taken up again.
        """
        client = Client(self._account.http, self._account.bearer)
        ident = ""
        try:
            ident = await self._ident(client, f"{work.owner}/{work.request_id}/{call.number}")
            if not await client.knows(ident):
                await self._submit(client, call, ident, work)
            entry = await self._ended(client, ident, report)
        except Unreachable as error:
            raise self._account.fault(error.trouble) from error
        except (NotSent, NoAnswer) as error:
            raise self._account.fault(Trouble(Kind.OUTAGE, str(error))) from error
        except asyncio.CancelledError:
            with contextlib.suppress(NotSent, NoAnswer, TimeoutError):
                async with asyncio.timeout(0.8):
                    await client.cancel(ident)
            raise
        status = entry.get("status") or {}
        if status.get("status_str") == "error":
            raise self._account.fault(Trouble(Kind.INTERNAL, why(status)))
        file = next(files_of(entry, _SUFFIXES), None)
        if file is None:
            raise self._account.fault(Trouble(Kind.BAD_OUTPUT, "the workflow ended without a picture"))
        path = work.scratch / f"drawn-{call.number}"
        await self._account.fetch(view(self._account.http, file), path, most_bytes=_MOST_PICTURE_BYTES)
        return path

    async def _ident(self, client: Client, name: str) -> str:
        """The first id of a picture under which it has not failed before."""
        for attempt in range(_ATTEMPTS):
            ident = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name}/{attempt}"))
            entry = await client.entry(ident)
            if entry is None or (entry.get("status") or {}).get("status_str") != "error":
                return ident
        return ident

    async def _submit(self, client: Client, call: Call, ident: str, work: WorkContext) -> None:
        request = call.request
        template = workflow(self._options.workflows[request.model])
        picture = ""
        if request.HasField("reference_image") and "image" in slots_of(template, _SLOTS):
            path = await work.path(request.reference_image, "reference_image")
            kind = sniff(path, "reference_image").media_type
            if path.stat().st_size > _REFERENCE_BYTES:
                raise self._account.fault(Trouble(Kind.INVALID, "reference_image has over 32 MiB"))
            picture = await client.upload(await asyncio.to_thread(path.read_bytes), kind, ident)
        step = self._options.multiple
        values: dict[str, Any] = {
            "prompt": wording.prompt(request),
            "negative_prompt": request.negative_prompt,
            "image": picture,
            "width": -(-request.width_pixels // step) * step,
            "height": -(-request.height_pixels // step) * step,
            "seed": call.seed % 2**63,
            "steps": request.steps or _STEPS,
            "guidance": request.guidance if request.HasField("guidance") else _GUIDANCE,
        }
        answer = await client.submit(filled(template, values), ident)
        if answer.status != 200 or not answer.object().get("prompt_id"):
            raise self._account.fault(trouble(answer))

    async def _ended(self, client: Client, ident: str, report: Any) -> dict[str, Any]:
        """What the history has of the task, once it has ended."""
        silent = 0
        while True:
            try:
                entry = await client.entry(ident)
                waiting = await client.queue() if entry is None else []
                if entry is None and ident not in waiting:
                    entry = await client.entry(ident)  # it may have ended between the two questions
                    if entry is None:
                        gone = "it is neither in the queue nor in the history any more"
                        raise self._account.fault(Trouble(Kind.INTERNAL, gone))
                silent = 0
            except (NotSent, NoAnswer, Unreachable):
                silent += 1
                if silent >= _PATIENCE:
                    raise
                entry, waiting = None, []
            if entry is not None:
                return entry
            if ident in waiting and (position := waiting.index(ident)):
                report({"stage": "queued", "queue_position": position})
            else:
                report({"stage": "drawing"})
            await asyncio.sleep(self._options.poll_seconds)

    async def close(self) -> None:
        """Closes its connections and worker processes."""
        await self._account.close()
        await super().close()
