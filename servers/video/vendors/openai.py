"""Any service that speaks OpenAI's /v1/videos (Sora's API): relays and self-hosted servers imitate it.

Source: openai-python's types. The base URL ends with /v1. A lost task is looked for in the list of tasks, by
its prompt, model and time: found, it is taken up; not found proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, ClassVar

from servers.chassis.http import Answer, Http
from servers.chassis.openai import CODES, trouble
from servers.chassis.settings import reveal
from servers.video.ledger.records import money
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

_PICTURE_BYTES = 16 * 2**20
_SECONDS = (4, 8, 12)
_SMALL = ((720, 1280), (1280, 720))
_LARGE = (*_SMALL, (1024, 1792), (1792, 1024))
_MODELS: dict[str, tuple[tuple[tuple[int, int], ...], float]] = {
    "sora-2": (_SMALL, 0.10),
    "sora-2-pro": (_LARGE, 0.30),
}
"""Sizes, and dollars a second."""
_CLOCKS_APART_SECONDS = 120
_LISTED = 100


class OpenAI(Vendor):
    """One account. Options: `seconds` (lengths that its models make) and `sizes` ("WIDTHxHEIGHT")."""

    title: ClassVar[str] = "OpenAI videos"
    base_url: ClassVar[str] = "https://api.openai.com/v1"
    findable: ClassVar[bool] = True
    cancellable: ClassVar[bool] = True

    def offers(self) -> Sequence[Offer]:
        """See `Vendor.offers`: the models of the settings where they name some that are not OpenAI's own."""
        options = self.settings.options
        seconds = tuple(Fraction(n) for n in sorted(options.get("seconds", _SECONDS)))
        named = self.settings.models or list(_MODELS)
        offers = []
        for model in named:
            sizes, price = _MODELS.get(model, (_SMALL, None))
            if "sizes" in options:
                sizes = tuple(_size(size) for size in options["sizes"])
            offers.append(
                Offer(
                    model=model,
                    seconds=seconds,
                    sizes=sizes,
                    audio=True,
                    price_per_second=None if price is None else money(round(price * 1e9), "USD"),
                )
            )
        return offers

    async def submit(self, shot: Shot, handle: str, http: Http) -> str:
        """See `Vendor.submit`."""
        fields = {"model": shot.model, "prompt": shot.prompt, "seconds": f"{float(shot.seconds):g}"}
        fields["size"] = f"{shot.width}x{shot.height}"
        files: dict[str, tuple[str, bytes, str]] = {}
        if shot.first_frame is not None:
            size = (shot.width, shot.height)  # a picture of any other size is refused
            content, kind = await shot.first_frame.content(most_bytes=_PICTURE_BYTES, size=size)
            files["input_reference"] = (f"picture.{kind.split('/')[1]}", content, kind)
        answer = await self._call(http, "POST", "videos", data=fields, files=files)
        told = answer.object()
        if answer.status in (200, 201, 202) and told.get("id"):
            return str(told["id"])
        if answer.refused:
            raise Refused(trouble(answer))
        raise Unknown(answer.text())

    async def poll(self, task_id: str, shot_model: str, http: Http) -> State:
        """See `Vendor.poll`."""
        answer = await self._call(http, "GET", f"videos/{task_id}")
        told = answer.object()
        status = told.get("status")
        if answer.status == 404 and isinstance(told.get("error"), dict):
            return Failed(Trouble(Kind.CANCELLED, "the task was deleted"), missing=True)
        if answer.status != 200 or not isinstance(status, str):
            raise Unreachable(trouble(answer))
        if status == "completed":
            url = f"{http.base_url}videos/{task_id}/content"
            return Finished(url=url, headers=self._headers())
        if status == "failed":
            error = told.get("error") or {}
            code = str(error.get("code") or "")
            return Failed(Trouble(CODES.get(code, Kind.INTERNAL), str(error.get("message") or code), code))
        pause = answer.headers.get("openai-poll-after-ms", "")
        progress = told.get("progress")
        return Running(
            fraction=progress / 100 if isinstance(progress, int | float) and progress else None,
            next_poll_seconds=int(pause) / 1000 if pause.isdigit() else None,
        )

    async def find(self, shot: Shot, handle: str, submitted_at: float, http: Http) -> str | None:
        """See `Vendor.find`."""
        answer = await self._call(http, "GET", "videos", params={"limit": str(_LISTED), "order": "desc"})
        listed = answer.object().get("data")
        if answer.status != 200 or not isinstance(listed, list):
            raise Unreachable(trouble(answer))
        same = [
            one
            for one in listed
            if isinstance(one, dict)
            and one.get("prompt") == shot.prompt
            and one.get("model") == shot.model
            and one.get("size") == f"{shot.width}x{shot.height}"
            and abs(float(one.get("created_at") or 0) - submitted_at) < _CLOCKS_APART_SECONDS
        ]
        if len(same) != 1:  # none: it may not be listed yet; several: whose are they?
            raise Unknown(f"{len(same)} tasks in the vendor's list could be it")
        return str(same[0]["id"])

    async def cancel(self, task_id: str, shot_model: str, http: Http) -> CancelOutcome:
        """Deletes the task. What that does to a running one, and to its cost, OpenAI does not say."""
        answer = await self._call(http, "DELETE", f"videos/{task_id}")
        return CancelOutcome.TOO_LATE if answer.status == 404 else CancelOutcome.ASKED

    async def reach(self, http: Http) -> str:
        """Lists one task."""
        answer = await self._call(http, "GET", "videos", params={"limit": "1"})
        if answer.status != 200:
            raise Unreachable(trouble(answer))
        return "the key is taken"

    async def _call(
        self,
        http: Http,
        method: str,
        path: str,
        *,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        if data is not None and not files:
            # The API wants a form of parts, which httpx makes only where a file is among them.
            parts: Any = {name: (None, value.encode(), "text/plain") for name, value in data.items()}
            return await http.call(method, path, headers=self._headers(), files=parts)
        return await http.call(method, path, headers=self._headers(), data=data, files=files, params=params)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {reveal(self.settings.key)}"}


def _size(text: str) -> tuple[int, int]:
    width, _, height = str(text).partition("x")
    return int(width), int(height)
