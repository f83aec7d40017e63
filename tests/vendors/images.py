"""OpenAI's /v1/images/generations, as its SDK's types describe it."""

from __future__ import annotations

import base64
from collections import deque
from typing import Any

from servers.chassis.conformance import picture_bytes
from tests.vendors.http import Reply, Request, Server

_SIZES = {
    "dall-e-3": {"1024x1024", "1792x1024", "1024x1792"},
    "gpt-image-1": {"1024x1024", "1536x1024", "1024x1536", "auto"},
}
_KNOWN = {"prompt", "model", "n", "size", "quality", "response_format", "output_format", "background", "user"}


class Images:
    """The simulator. A context manager; `url` is its base URL, ending with /v1."""

    KEY = "image-key"

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.replies: deque[Reply] = deque()
        """Each is used once, before the usual answers."""
        self.links = False
        """Answers with links in place of bytes, as dall-e does unless told otherwise."""
        self._server = Server(self._handle)

    def __enter__(self) -> Images:
        self._server.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.__exit__(*problem)

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{self._server.url}/v1"

    def _handle(self, request: Request) -> Reply:
        if request.path == "/files/1.png":
            return Reply(200, self._picture(self.bodies[-1]["size"]), {"content-type": "image/png"})
        if request.headers.get("authorization") != f"Bearer {self.KEY}":
            return error(401, "Incorrect API key provided", "invalid_api_key")
        body = request.json()
        if (request.method, request.path) != ("POST", "/v1/images/generations"):
            return error(404, "Invalid URL", "unknown_url")
        if set(body) - _KNOWN or not body.get("prompt"):
            return error(400, f"Unknown parameter: {sorted(set(body) - _KNOWN)}", "unknown_parameter")
        model = body.get("model", "dall-e-2")
        if model in _SIZES and body.get("size") not in _SIZES[model]:
            return error(400, f"Invalid value: '{body.get('size')}'", "invalid_value")
        if model.startswith("gpt-image") and "response_format" in body:
            return error(400, "Unknown parameter: 'response_format'.", "unknown_parameter")
        if model == "dall-e-3" and body.get("n", 1) != 1:
            return error(400, "n must be 1", "invalid_value")
        if self.replies:
            return self.replies.popleft()
        self.bodies.append(body)
        if self.links:
            return Reply.of({"created": 1, "data": [{"url": f"{self._server.url}/files/1.png"}]})
        picture = base64.b64encode(self._picture(body["size"])).decode()
        return Reply.of({"created": 1, "data": [{"b64_json": picture}], "usage": {"total_tokens": 1}})

    @staticmethod
    def _picture(size: str) -> bytes:
        width, _, height = size.partition("x")
        return picture_bytes(int(width), int(height))


def error(status: int, message: str, code: str) -> Reply:
    """An answer of their family of errors."""
    told = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return Reply.of({"error": told}, status)
