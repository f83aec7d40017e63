"""Digital humans: any HTTP service that takes a portrait and a sound, and lets the portrait speak.

There is no standard, so what it is asked and how its answer reads are settings. By default: POST
{base}/generate, multipart/form-data with the files `image` and `audio`. It answers with {"url": "..."}, where
the clip lies, or with {"id": "..."}; then GET {base}/tasks/{id} is asked until its `status` is a word of
success, and its `url` (or the path `clip`) says where the clip lies. Links may lead to the service's own
host; any other must be public, or be named in `private_hosts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar
from urllib.parse import quote, urljoin

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
    kind_of,
    sounds_moderated,
)

_PICTURE_BYTES = 8 * 2**20
_SOUND_BYTES = 32 * 2**20
_SOUNDS = ("audio/wav", "audio/mpeg", "audio/aac", "audio/mp4", "audio/flac", "audio/ogg")
_DEFAULTS = {
    "submit": "/generate",
    "poll": "/tasks/{id}",
    "clip": "",
    "cancel": "",
    "health": "",
    "image_field": "image",
    "audio_field": "audio",
    "prompt_field": "prompt",
    "id": "id",
    "status": "status",
    "url": "url",
    "progress": "progress",
    "error": "error",
}
_DONE = ("succeeded", "succeed", "success", "completed", "complete", "finished", "done", "ok")
_FAILED = ("failed", "failure", "error", "cancelled", "canceled")


class DigitalHuman(Vendor):
    """One service. Options: the paths `submit`, `poll`, `clip`, `cancel`, `health` ({id}: the task's); the
    form's `image_field`, `audio_field`, `prompt_field`, and `fields` (an object of further ones); where an
    answer holds `id`, `status`, `url`, `progress`, `error` (names joined by dots); `least_seconds` and
    `most_seconds`."""

    title: ClassVar[str] = "Digital human"
    base_url: ClassVar[str] = "http://127.0.0.1:8191"
    keyed: ClassVar[bool] = False

    def offers(self) -> Sequence[Offer]:
        """See `Vendor.offers`."""
        options = self.settings.options
        return [
            Offer(
                model=str(options.get("model", "digital-human")),
                least_seconds=Fraction(str(options.get("least_seconds", "0.5"))),
                most_seconds=Fraction(str(options.get("most_seconds", 120))),
                text=False,
                driving_audio=True,
            )
        ]

    async def submit(self, shot: Shot, handle: str, http: Http) -> str:
        """See `Vendor.submit`."""
        if shot.first_frame is None or shot.driving_audio is None:
            raise Refused(Trouble(Kind.INVALID, "first_frame: must be given: the portrait that speaks"))
        picture, kind = await shot.first_frame.content(most_bytes=_PICTURE_BYTES)
        sound, sound_kind = await shot.driving_audio.content(most_bytes=_SOUND_BYTES, media_types=_SOUNDS)
        files = {
            self._option("image_field"): (f"portrait.{kind.split('/')[1]}", picture, kind),
            self._option("audio_field"): (f"speech.{sound_kind.split('/')[1]}", sound, sound_kind),
        }
        fields = {name: str(value) for name, value in (self.settings.options.get("fields") or {}).items()}
        if shot.prompt:
            fields[self._option("prompt_field")] = shot.prompt
        answer = await http.call(
            "POST", self._option("submit"), headers=self._headers(), data=fields, files=files
        )
        told = answer.object()
        if answer.status in (200, 201, 202):
            if task_id := _at(told, self._option("id")):
                return f"task {task_id}"
            if url := _at(told, self._option("url")):
                return f"clip {urljoin(http.base_url, str(url))}"
        if answer.refused:
            raise Refused(_trouble(answer, self._option("error")))
        raise Unknown(answer.text())

    async def poll(self, task_id: str, shot_model: str, http: Http) -> State:
        """See `Vendor.poll`."""
        how, _, ident = task_id.partition(" ")
        if how == "clip":
            return Finished(url=ident, headers=self._headers())
        answer = await http.call("GET", self._path("poll", ident), headers=self._headers())
        told = answer.object()
        status = str(_at(told, self._option("status")) or "").lower()
        if answer.status != 200 or not status:
            raise Unreachable(_trouble(answer, self._option("error")))
        if status in _DONE:
            url = _at(told, self._option("url")) or (self._option("clip") and self._path("clip", ident))
            return Finished(url=urljoin(http.base_url, str(url or "")), headers=self._headers())
        if status in _FAILED:
            said = str(_at(told, self._option("error")) or "it gave no reason")[:300]
            return Failed(Trouble(Kind.MODERATION if sounds_moderated(said) else Kind.INTERNAL, said))
        progress = _at(told, self._option("progress"))
        if not isinstance(progress, int | float) or not progress:
            return Running()
        return Running(fraction=progress / 100 if progress > 1 else float(progress))

    async def cancel(self, task_id: str, shot_model: str, http: Http) -> CancelOutcome:
        """See `Vendor.cancel`: DELETE, where a path is set for it."""
        how, _, ident = task_id.partition(" ")
        if how == "clip" or not self._option("cancel"):
            return CancelOutcome.IMPOSSIBLE
        answer = await http.call("DELETE", self._path("cancel", ident), headers=self._headers())
        return CancelOutcome.CANCELLED if answer.status in (200, 202, 204) else CancelOutcome.ASKED

    async def reach(self, http: Http) -> str:
        """See `Vendor.reach`."""
        if not (path := self._option("health")):
            return "nothing is set that could be asked (options.health)"
        answer = await http.call("GET", path, headers=self._headers())
        if answer.status != 200:
            raise Unreachable(_trouble(answer, self._option("error")))
        return "it answers"

    def _option(self, name: str) -> str:
        return str(self.settings.options.get(name, _DEFAULTS[name]))

    def _path(self, name: str, ident: str) -> str:
        return self._option(name).replace("{id}", quote(ident, safe=""))

    def _headers(self) -> dict[str, str]:
        key = reveal(self.settings.key)
        return {"Authorization": f"Bearer {key}"} if key else {}


def _at(told: Any, path: str) -> Any:
    """What stands at a path of names joined by dots; None where nothing does."""
    for name in path.split("."):
        told = told.get(name) if isinstance(told, dict) else None
    return told


def _trouble(answer: Answer, where: str) -> Trouble:
    found = _at(answer.object(), where)
    found = found.get("message") if isinstance(found, dict) else found
    message = str(found or answer.text() or f"HTTP {answer.status}")[:300]
    kind = kind_of(answer.status)
    if answer.status in (400, 422) and sounds_moderated(message):
        kind = Kind.MODERATION
    return Trouble(kind, message, "", answer.retry_after_seconds)
