"""Kling (可灵): the classic API, /v1/videos. Source: klingai.com/document-api.

Its key is a pair, access key and secret key, of which a token is signed for each call; a single key of the
newer console is sent as it is. A task carries our handle as its external_task_id, which is unique for the
account, so a lost task is found again by it, and the same handle is never taken twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

from reelmesh.video.v1.video_pb2 import GetBalanceResponse
from servers.chassis.http import Answer, Http
from servers.chassis.settings import reveal
from servers.video.ledger.records import money
from servers.video.vendor import (
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

_TOKEN_SECONDS, _EARLY_SECONDS = 1800, 5
_PICTURE_BYTES, _SOUND_BYTES = 10 * 10**6, 5 * 10**6
_MOST_CHARACTERS = 2500
_SIZES = {(1280, 720): "16:9", (720, 1280): "9:16", (960, 960): "1:1"}
_FIVE_TEN = (Fraction(5), Fraction(10))
_MODELS: dict[str, tuple[tuple[Fraction, ...], float]] = {
    "kling-v2-5-turbo": (_FIVE_TEN, 0.042),
    "kling-v2-6": (_FIVE_TEN, 0.042),
    "kling-v3": (tuple(Fraction(n) for n in range(3, 16)), 0.07),
    "kling-v2-1": (_FIVE_TEN, 0.056),
    "kling-v1-6": (_FIVE_TEN, 0.056),
}
"""Lengths, and dollars a second in mode std. Prices are from secondary sources: a setting overrides them."""
_AVATAR = "kling-avatar"
_ROOT = "/v1/videos/"
_KINDS = {
    1000: Kind.AUTH, 1001: Kind.AUTH, 1002: Kind.AUTH, 1003: Kind.AUTH, 1004: Kind.AUTH,
    1100: Kind.AUTH, 1101: Kind.CREDIT, 1102: Kind.CREDIT, 1103: Kind.AUTH,
    1200: Kind.INVALID, 1201: Kind.INVALID, 1202: Kind.INVALID, 1203: Kind.INVALID,
    1300: Kind.MODERATION, 1301: Kind.MODERATION, 1302: Kind.THROTTLED, 1303: Kind.THROTTLED, 1304: Kind.AUTH,
    5000: Kind.INTERNAL, 5001: Kind.OUTAGE, 5002: Kind.OUTAGE,
}  # fmt: skip
_EXPIRED = (1003, 1004)


class Kling(Vendor):
    """One account. Options: `mode` (std or pro)."""

    title: ClassVar[str] = "Kling"
    base_url: ClassVar[str] = "https://api-singapore.klingai.com"
    findable: ClassVar[bool] = True

    def offers(self) -> Sequence[Offer]:
        """See `Vendor.offers`."""
        clips = [
            Offer(
                model=model,
                seconds=seconds,
                sizes=tuple(_SIZES),
                aspects=_SIZES,
                last_frame=True,
                negative_prompt=True,
                most_prompt_characters=_MOST_CHARACTERS,
                params=frozenset({"cfg_scale", "mode", "sound"}),
                price_per_second=money(round(price * 1e9), "USD"),
            )
            for model, (seconds, price) in _MODELS.items()
        ]
        avatar = Offer(
            model=_AVATAR,
            least_seconds=Fraction(2),
            most_seconds=Fraction(300),
            text=False,
            driving_audio=True,
            most_prompt_characters=_MOST_CHARACTERS,
            params=frozenset({"mode"}),
            price_per_second=money(14_000_000, "USD"),
        )
        return [*clips, avatar]

    async def submit(self, shot: Shot, handle: str, http: Http) -> str:
        """See `Vendor.submit`."""
        body: dict[str, Any] = {"external_task_id": handle, "mode": shot.params.get("mode") or self._mode()}
        if shot.prompt:
            body["prompt"] = shot.prompt
        if shot.first_frame is not None:
            body["image"] = _bare(*await shot.first_frame.content(most_bytes=_PICTURE_BYTES))
        if shot.driving_audio is not None:
            sound = await shot.driving_audio.content(
                most_bytes=_SOUND_BYTES, media_types=("audio/wav", "audio/mpeg", "audio/aac", "audio/mp4")
            )
            body["sound_file"] = _bare(*sound)
        else:
            body |= {"model_name": shot.model, "duration": str(int(shot.seconds))}
            if shot.negative_prompt:
                body["negative_prompt"] = shot.negative_prompt
            if shot.last_frame is not None:
                body["image_tail"] = _bare(*await shot.last_frame.content(most_bytes=_PICTURE_BYTES))
            if shot.first_frame is None and shot.last_frame is None:
                body["aspect_ratio"] = shot.aspect
            if "cfg_scale" in shot.params:
                body["cfg_scale"] = _number(shot.params["cfg_scale"])
            if "sound" in shot.params:
                body["sound"] = shot.params["sound"]
            if shot.watermark:
                body["watermark_info"] = {"enabled": True}
        kind = _kind(shot)
        answer = await self._call(http, "POST", f"{_ROOT}{kind}", json=body)
        told = answer.object()
        task_id = (told.get("data") or {}).get("task_id")
        if answer.status == 200 and told.get("code") == 0 and task_id:
            return f"{kind}/{task_id}"
        if (code := told.get("code")) in _KINDS and code not in (5000, 5002):
            raise Refused(_trouble(answer))
        raise Unknown(answer.text())

    async def poll(self, task_id: str, shot_model: str, http: Http) -> State:
        """See `Vendor.poll`."""
        data = await self._data(http, f"{_ROOT}{task_id}")
        status = data.get("task_status")
        if status == "succeed":
            videos = (data.get("task_result") or {}).get("videos") or [{}]
            return Finished(url=str(videos[0].get("url", "")))
        if status == "failed":
            said = str(data.get("task_status_msg") or "it gave no reason")
            safety = any(word in said.lower() for word in ("risk", "safety", "polic", "sensitive"))
            return Failed(Trouble(Kind.MODERATION if safety else Kind.INTERNAL, said))
        return Running()

    async def find(self, shot: Shot, handle: str, submitted_at: float, http: Http) -> str | None:
        """See `Vendor.find`."""
        answer = await self._call(http, "GET", f"{_ROOT}{_kind(shot)}/{handle}")
        told = answer.object()
        if told.get("code") == 0 and (data := told.get("data")):
            return f"{_kind(shot)}/{data['task_id']}"
        if answer.status == 404 and told.get("code") == 1203:
            return None
        raise Unreachable(_trouble(answer))

    async def balance(self, http: Http) -> GetBalanceResponse | None:
        """What is left in the resource packs that count down. It lags by up to twelve hours."""
        now = int(time.time() * 1000)
        span = {"start_time": str(now - 30 * 86_400_000), "end_time": str(now)}
        data = await self._data(http, "/account/costs", params=span)
        packs = data.get("resource_pack_subscribe_infos") or []
        left = sum(
            float(pack.get("remaining_quantity") or 0) for pack in packs if pack.get("status") == "online"
        )
        return GetBalanceResponse(credits=left)

    async def _data(self, http: Http, path: str, params: dict[str, str] | None = None) -> dict[str, Any]:
        answer = await self._call(http, "GET", path, params=params)
        data = answer.object().get("data")
        if answer.status != 200 or answer.object().get("code") != 0 or not isinstance(data, dict):
            raise Unreachable(_trouble(answer))
        return data

    async def _call(
        self, http: Http, method: str, path: str, *, json: Any = None, params: dict[str, str] | None = None
    ) -> Answer:
        """A call with a token; one that has expired by the vendor's clock is signed again, once."""
        for again in (False, True):
            headers = {"Authorization": f"Bearer {self._token()}"}
            answer = await http.call(method, path, headers=headers, json=json, params=params)
            if answer.status != 401 or answer.object().get("code") not in _EXPIRED or again:
                break
        return answer

    def _token(self) -> str:
        key, secret = reveal(self.settings.key), reveal(self.settings.secret)
        if not secret:
            return key
        now = int(time.time())
        return _signed({"iss": key, "exp": now + _TOKEN_SECONDS, "nbf": now - _EARLY_SECONDS}, secret)

    def _mode(self) -> str:
        return str(self.settings.options.get("mode", "std"))


def _kind(shot: Shot) -> str:
    """The kind of task, under which alone it is found again; so our id of a task begins with it."""
    if shot.driving_audio is not None:
        return "avatar/image2video"
    pictured = shot.first_frame is not None or shot.last_frame is not None
    return "image2video" if pictured else "text2video"


def _bare(content: bytes, _media_type: str) -> str:
    """Base64 without the prefix of a data URI, which Kling refuses."""
    return base64.b64encode(content).decode()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Refused(Trouble(Kind.INVALID, 'provider_params["cfg_scale"]: must be a number')) from None


def _signed(payload: dict[str, Any], secret: str) -> str:
    """A JSON Web Token, HS256. Source: RFC 7519, RFC 7515."""

    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    head = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = f"{head}.{part(json.dumps(payload).encode())}"
    return f"{body}.{part(hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest())}"


def _trouble(answer: Answer) -> Trouble:
    told = answer.object()
    code = told.get("code")
    kind = _KINDS.get(code) if isinstance(code, int) else None
    if kind is None:
        kind = Kind.OUTAGE if answer.status >= 500 else Kind.INTERNAL
    message = str(told.get("message") or answer.text() or f"HTTP {answer.status}")
    return Trouble(kind, message[:300], "" if code is None else str(code), answer.retry_after_seconds)
