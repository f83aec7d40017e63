"""Pictures by any API like OpenAI's /images/generations. Source: openai-python's types.

It takes no seed: a remembered picture is found by the request's seed alone.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from google.type.money_pb2 import Money
from pydantic import Field

from reelmesh.common.v1.engine_pb2 import Engine as Description
from reelmesh.common.v1.engine_pb2 import Missing
from reelmesh.imagegen.v1 import imagegen_pb2
from servers.chassis.engine import WorkContext
from servers.chassis.money import NANOS, money
from servers.chassis.openai import BASE_URL, trouble
from servers.chassis.remote import Account, RemoteSettings
from servers.chassis.settings import Section
from servers.chassis.trouble import Kind, Trouble
from servers.imagegen import wording
from servers.imagegen.distant import Call, DistantEngine

_OUR_VERSION = 1
_SIZES = {
    "dall-e-2": ("256x256", "512x512", "1024x1024"),
    "dall-e-3": ("1024x1024", "1792x1024", "1024x1792"),
    "gpt-image": ("1024x1024", "1536x1024", "1024x1536"),
}
"""Of models whose names begin so."""
_PROMPTS = {"dall-e-2": 1000, "dall-e-3": 4000, "gpt-image": 32_000}
_MOST_ANSWER_BYTES = 64 * 2**20
_MOST_PICTURE_BYTES = 64 * 2**20


class ModelSettings(Section):
    """One model."""

    sizes: list[str] = Field(
        default_factory=list, description='Sizes that it makes, as "1024x1536". Empty: OpenAI\'s, or any.'
    )
    quality: str = Field("", description="Its word for quality. Empty: the vendor's default.")
    price: float = Field(0.0, ge=0, description="Price of a picture.")


class ImageSettings(RemoteSettings):
    """Options of the engine "openai" of ImageGen."""

    timeout_seconds: float = Field(300.0, gt=0, description="Longest silence of the API within one call.")
    models: dict[str, ModelSettings] = Field(
        default_factory=lambda: {"gpt-image-1": ModelSettings()},
        min_length=1,
        description="Models that requests may name, the default first.",
    )
    currency: str = Field("USD", pattern="^[A-Z]{3}$", description="Currency of the prices.")


class OpenAIEngine(DistantEngine):
    """One account."""

    name = "openai"
    able: ClassVar[frozenset[str]] = frozenset({"styles"})

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._options = ImageSettings.model_validate(dict(settings))
        self._account = Account("imagegen.options.openai", self._options, base_url=BASE_URL, trouble=trouble)

    def describe(self) -> Description:
        """See `Engine.describe`."""
        return Description(
            description="pictures behind an API like OpenAI's",
            version=str(_OUR_VERSION),
            models=self.models_of(),
            capabilities=sorted(self.able),
            remote=True,
        )

    @property
    def paid(self) -> bool:
        """See `Engine.paid`."""
        return self._account.paid

    def missing(self) -> Sequence[Missing]:
        """See `Engine.missing`."""
        return self._account.missing()

    def models_of(self) -> tuple[str, ...]:
        """See `DistantEngine.models_of`."""
        return tuple(self._options.models)

    def version_of(self, request: imagegen_pb2.GenerateRequest) -> str:
        """See `DistantEngine.version_of`."""
        return f"openai-{_OUR_VERSION}-{request.model}-{self._options.models[request.model].quality}"

    def cost_of(self, request: imagegen_pb2.GenerateRequest) -> Money | None:
        """See `DistantEngine.cost_of`: by the prices of the settings."""
        price = self._options.models[request.model].price
        return money(round(price * request.count * NANOS), self._options.currency) if price else None

    async def draw(self, call: Call, work: WorkContext, report: Any) -> Path:
        """See `DistantEngine.draw`."""
        request, told = call.request, self._options.models[call.request.model]
        family = next((name for name in _SIZES if request.model.startswith(name)), "")
        body: dict[str, Any] = {
            "model": request.model,
            "prompt": wording.prompt(request)[: _PROMPTS.get(family, 10_000)],
            "n": 1,
            "size": best_size(
                request.width_pixels, request.height_pixels, told.sizes or _SIZES.get(family, ())
            ),
        }
        if told.quality:
            body["quality"] = told.quality
        if family != "gpt-image":
            body["response_format"] = "b64_json"
        account = self._account
        answer = await account.call(
            "POST", "images/generations", headers=account.bearer, json=body, most_bytes=_MOST_ANSWER_BYTES
        )
        made = answer.object().get("data")
        first = made[0] if isinstance(made, list) and made and isinstance(made[0], dict) else {}
        path = work.scratch / f"drawn-{call.number}"
        if first.get("b64_json"):
            try:
                path.write_bytes(base64.b64decode(first["b64_json"], validate=True))
            except (binascii.Error, ValueError, TypeError) as error:
                raise account.fault(Trouble(Kind.BAD_OUTPUT, "its picture is not base64")) from error
        elif isinstance(first.get("url"), str):
            await account.fetch(first["url"], path, most_bytes=_MOST_PICTURE_BYTES)
        else:
            raise account.fault(Trouble(Kind.BAD_OUTPUT, "its answer holds no picture"))
        return path

    async def close(self) -> None:
        """Closes its connections and worker processes."""
        await self._account.close()
        await super().close()


def best_size(width: int, height: int, sizes: Sequence[str]) -> str:
    """The size to ask for: of those that lose the least to cropping the smallest that need not be enlarged,
    or the largest. Without a choice, the size itself."""
    if not sizes:
        return f"{width}x{height}"

    def loss(size: tuple[int, int]) -> float:
        scale = max(width / size[0], height / size[1])
        return round(1 - width * height / (size[0] * size[1] * scale * scale), 3)

    known = [(int(one.partition("x")[0]), int(one.partition("x")[2])) for one in sizes]
    least = min(map(loss, known))
    fitting = sorted((size for size in known if loss(size) == least), key=lambda size: size[0] * size[1])
    enough = [size for size in fitting if size[0] >= width and size[1] >= height]
    found = (enough or fitting[-1:])[0]
    return f"{found[0]}x{found[1]}"
