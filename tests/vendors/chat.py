"""A language model behind OpenAI's /v1/chat/completions, as the SDK's types describe it.

It is strict about the request, and answers with scenes of two pieces each unless it is told otherwise.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import Any

from tests.vendors.http import Reply, Request, Server

_ROLES = ("system", "developer", "user", "assistant", "tool")
_KNOWN = {"model", "messages", "response_format", "temperature", "max_tokens", "seed"}
STORY = ("The sea was sweet once.", "A miller sold a mill that ground salt.", "It grinds to this day.")


class Chat:
    """The simulator. A context manager; `url` is its base URL, ending with /v1."""

    KEY = "chat-key"

    def __init__(self) -> None:
        self.questions: list[dict[str, Any]] = []
        """What was asked: the JSON of each call's last message from the user that is JSON."""
        self.bodies: list[dict[str, Any]] = []
        self.replies: deque[Reply | Callable[[dict[str, Any]], Any]] = deque()
        """Each is used once, in order, before the usual answers: a reply, or a function of the question that
        returns the answer's content (a text or an object)."""
        self.refused = 0
        self._server = Server(self._handle)

    def __enter__(self) -> Chat:
        self._server.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.__exit__(*problem)

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{self._server.url}/v1"

    def _handle(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {self.KEY}":
            return error(401, "Incorrect API key provided: chat-***", "invalid_api_key")
        if (request.method, request.path) != ("POST", "/v1/chat/completions"):
            return error(404, f"Unknown request URL: {request.method} {request.path}", "unknown_url")
        body = request.json()
        if (wrong := _fault_of(body)) is not None:
            self.refused += 1
            return error(400, wrong, "invalid_request")
        self.bodies.append(body)
        question = json.loads(next(m["content"] for m in body["messages"] if m["role"] == "user"))
        self.questions.append(question)
        answer: Reply | Callable[[dict[str, Any]], Any] = self.replies.popleft() if self.replies else usual
        return answer if isinstance(answer, Reply) else completion(body["model"], answer(question))


def completion(model: str, content: Any, finish: str = "stop", refusal: str | None = None) -> Reply:
    """A whole answer."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    message = {"role": "assistant", "content": None if refusal else text, "refusal": refusal}
    usage = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    told = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model}
    return Reply.of({**told, "choices": [choice], "usage": usage})


def error(status: int, message: str, code: str, **headers: str) -> Reply:
    """An answer of their family of errors."""
    kind = "insufficient_quota" if code == "insufficient_quota" else "invalid_request_error"
    told = {"message": message, "type": kind, "param": None, "code": code}
    return Reply.of({"error": told}, status, **headers)


def usual(question: dict[str, Any]) -> dict[str, Any]:
    """A good answer: a story, or a storyboard in which two pieces share a picture."""
    if "topic" in question:
        return {"title": "Why the Sea Is Salt", "outline": ["a mill"], "paragraphs": list(STORY)}
    numbers = [piece["number"] for piece in question["pieces"]]
    return storyboard(question, sorted({*numbers[1::2], numbers[-1]}))


def storyboard(question: dict[str, Any], ends: list[int]) -> dict[str, Any]:
    """A storyboard whose scenes end so."""
    sheet = question["characters"] or [{"name": "Reynard", "looks": "a lean red fox with a torn ear"}]
    scenes = [
        {
            "last": end,
            "image_prompt": f"Reynard leaps for grapes, view {end}",
            "motion_prompt": "the fox leaps, slow push in",
            "characters": [sheet[0]["name"]],
            "setting": "a walled vineyard",
        }
        for end in ends
    ]
    return {
        "scenes": scenes,
        "characters": sheet,
        "summary": f"up to piece {ends[-1]}",
        "title": "Sour",
        "description": "A fox wants grapes.",
        "tags": ["#fox", "grapes", "fox"],
    }


def _fault_of(body: Any) -> str | None:
    """What the API would say is wrong with a request; None: nothing."""
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        return "you must provide a model parameter"
    if unknown := set(body) - _KNOWN:
        return f"Unrecognized request argument supplied: {', '.join(sorted(unknown))}"
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return "Invalid type for 'messages'"
    for message in messages:
        if message.get("role") not in _ROLES or not isinstance(message.get("content"), str):
            return "Invalid value in 'messages'"
    form = body.get("response_format") or {"type": "text"}
    if form["type"] == "json_object" and "JSON" not in json.dumps(messages):
        return "'messages' must contain the word 'json' in some form"
    if form["type"] == "json_schema":
        told = form.get("json_schema") or {}
        if not told.get("name") or told.get("strict") is not True:
            return "Missing required parameter: 'response_format.json_schema'"
        return _schema_fault(told["schema"])
    return None


def _schema_fault(schema: dict[str, Any], where: str = "()") -> str | None:
    """Strict schemas: every object closed, every property required."""
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            return f"Invalid schema: In context={where}, 'additionalProperties' must be false"
        if set(schema.get("required", ())) != set(schema["properties"]):
            return f"Invalid schema: In context={where}, 'required' must include every key in properties"
        for name, inner in schema["properties"].items():
            if found := _schema_fault(inner, name):
                return found
    if schema.get("type") == "array":
        return _schema_fault(schema["items"], f"{where}[]")
    return None
