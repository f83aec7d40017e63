"""One question to a model that answers in JSON: asked, checked, and asked again with what was wrong.

The wire format is that of OpenAI's /chat/completions, which nearly every service and local server imitates.
Source: openai-python's types.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, TypeVar

from google.type.money_pb2 import Money
from pydantic import Field

from servers.chassis.http import Answer
from servers.chassis.money import NANOS, money
from servers.chassis.remote import Account, RemoteSettings
from servers.chassis.trouble import Kind, Trouble

T = TypeVar("T")


class Wrong(Exception):
    """What is wrong with a model's answer, in words that the model can follow."""


class ChatSettings(RemoteSettings):
    """Options of the engine "openai" of Script."""

    timeout_seconds: float = Field(300.0, gt=0, description="Longest silence of the API within one call.")
    model: str = Field("gpt-4o-mini", min_length=1, description="Model of requests that name none.")
    temperature: float | None = Field(None, ge=0, le=2, description="Empty: the model's own.")
    answers: Literal["json_schema", "json_object"] = Field(
        "json_schema", description='"json_object" for servers that know no strict schemas.'
    )
    repairs: int = Field(2, ge=0, le=10, description="How often a wrong answer is asked for again.")
    characters_per_call: int = Field(
        6000, ge=200, description="Text in one question; longer ones are several."
    )
    templates: Path | None = Field(None, description="Folder with templates of one's own.")
    extra: dict[str, Any] = Field(default_factory=dict, description="More fields of the call's body.")
    price_per_million_input: float = Field(0.0, ge=0, description="Price of a million tokens that are sent.")
    price_per_million_output: float = Field(0.0, ge=0, description="Price of a million that are written.")
    currency: str = Field("USD", pattern="^[A-Z]{3}$", description="Currency of the prices.")


class Chat:
    """The questions of one piece of work; counts what they cost."""

    def __init__(self, account: Account, settings: ChatSettings, model: str) -> None:
        self._account, self._settings, self._model = account, settings, model
        self._nanos = Fraction(0)

    @property
    def cost(self) -> Money | None:
        """What was spent, by the prices of the settings; None where they name none."""
        return money(round(self._nanos), self._settings.currency) if self._nanos else None

    async def ask(
        self, system: str, said: Mapping[str, Any], schema: Mapping[str, Any], read: Callable[[Any], T]
    ) -> T:
        """What `read` makes of the answer to `said`. It raises `Wrong` for an answer that breaks a rule.

        Raises:
            Fault: the API gave none, the model refused, or its answers stayed wrong.
        """
        told = json.dumps(said, ensure_ascii=False)
        messages = [{"role": "system", "content": system}, {"role": "user", "content": told}]
        for left in range(self._settings.repairs, -1, -1):
            content = await self._answer(messages, schema)
            try:
                return read(_decoded(content))
            except Wrong as wrong:
                if not left:
                    what = f"its answer stayed wrong: {wrong}"
                    raise self._account.fault(Trouble(Kind.BAD_OUTPUT, what[:300])) from wrong
                messages = [
                    *messages[:2],
                    {"role": "assistant", "content": content},
                    {
                        "role": "user",
                        "content": f"That answer is wrong: {wrong}. Give the whole answer again.",
                    },
                ]
        raise AssertionError("the last answer returns or raises")

    async def _answer(self, messages: list[dict[str, str]], schema: Mapping[str, Any]) -> str:
        body: dict[str, Any] = {"model": self._model, "messages": messages, **self._settings.extra}
        body["response_format"] = {"type": self._settings.answers}
        if self._settings.answers == "json_schema":
            body["response_format"]["json_schema"] = {"name": "answer", "strict": True, "schema": schema}
        if self._settings.temperature is not None:
            body["temperature"] = self._settings.temperature
        account = self._account
        answer = await account.call("POST", "chat/completions", headers=account.bearer, json=body)
        self._count(answer)
        choices = answer.object().get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        message = choice.get("message") if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(message, dict):
            raise account.fault(Trouble(Kind.BAD_OUTPUT, f"its answer holds no message: {answer.text(100)}"))
        refusal = message.get("refusal")
        if refusal or choice.get("finish_reason") == "content_filter":
            raise account.fault(Trouble(Kind.MODERATION, str(refusal or "the content was refused")[:300]))
        if choice.get("finish_reason") == "length":
            what = "its answer was cut off: lower characters_per_call"
            raise account.fault(Trouble(Kind.BAD_OUTPUT, what))
        return str(message.get("content") or "")

    def _count(self, answer: Answer) -> None:
        usage = answer.object().get("usage")
        usage = usage if isinstance(usage, dict) else {}
        for name, price in (
            ("prompt_tokens", self._settings.price_per_million_input),
            ("completion_tokens", self._settings.price_per_million_output),
        ):
            tokens = usage.get(name)
            if isinstance(tokens, int) and tokens > 0:
                self._nanos += tokens * Fraction(price) * NANOS / 1_000_000


def _decoded(content: str) -> Any:
    """The JSON of an answer, which models without strict schemas like to put between marks of code."""
    begin, end = content.find("{"), content.rfind("}")
    try:
        return json.loads(content[begin : end + 1])
    except ValueError as error:
        raise Wrong("it is not one JSON object") from error
