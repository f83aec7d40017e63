"""ComfyUI's API: a workflow with named slots is queued, and its files are fetched.

Source: ComfyUI's server.py and execution.py.

A task's id is ours, so a lost submit is looked for in the queue and the history. ComfyUI does not refuse an
id that it knows, so one that is not found proves nothing until the queue and the history were both read
whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from servers.chassis.http import Answer, Http
from servers.chassis.trouble import Kind, Trouble, Unreachable

BASE_URL = "http://127.0.0.1:8188"


class Client:
    """Calls to one server. What can not be used of its answers is `Unreachable`."""

    def __init__(self, http: Http, headers: Mapping[str, str]) -> None:
        self._http, self._headers = http, dict(headers)

    async def upload(self, content: bytes, kind: str, name: str) -> str:
        """Uploads a picture of media type `kind`; returns what a workflow calls it."""
        answer = await self._http.call(
            "POST",
            "/upload/image",
            headers=self._headers,
            data={"overwrite": "true"},
            files={"image": (f"{name}.{kind.split('/')[1]}", content, kind)},
        )
        if answer.status != 200:
            raise Unreachable(trouble(answer))
        told = answer.object()
        return "/".join(str(part) for part in (told.get("subfolder"), told.get("name")) if part)

    async def submit(self, prompt: Mapping[str, Any], ident: str) -> Answer:
        """Queues a workflow under an id of ours."""
        body = {"prompt": prompt, "prompt_id": ident, "client_id": "reelmesh"}
        return await self._http.call("POST", "/prompt", headers=self._headers, json=body)

    async def entry(self, ident: str) -> dict[str, Any] | None:
        """What the history has of a task; None until it has ended."""
        found = (await self.read(f"/history/{ident}")).get(ident)
        return found if isinstance(found, dict) else None

    async def queue(self) -> list[str]:
        """The ids of the tasks that run and wait, in order."""
        told = await self.read("/queue")
        if not isinstance(told.get("queue_running"), list) or not isinstance(told.get("queue_pending"), list):
            raise Unreachable(Trouble(Kind.OUTAGE, "its queue can not be read"))
        return [str(entry[1]) for entry in (*told["queue_running"], *told["queue_pending"])]

    async def knows(self, ident: str) -> bool:
        """Whether a task has ended, runs or waits."""
        return await self.entry(ident) is not None or ident in await self.queue()

    async def cancel(self, ident: str) -> None:
        """Takes a task out of the queue, or ends it."""
        await self._http.call("POST", "/queue", headers=self._headers, json={"delete": [ident]})
        await self._http.call("POST", "/interrupt", headers=self._headers, json={"prompt_id": ident})

    async def read(self, path: str) -> dict[str, Any]:
        """A JSON object that it answers."""
        answer = await self._http.call("GET", path, headers=self._headers)
        told = answer.json()
        if answer.status != 200 or not isinstance(told, dict):
            raise Unreachable(trouble(answer))
        return told


def workflow(path: str | Path) -> dict[str, Any]:
    """A workflow that was saved in the API format.

    Raises:
        OSError, ValueError: it can not be read, or is no JSON object.
    """
    loaded = json.loads(Path(path).expanduser().read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        raise ValueError("not an object")
    return loaded


def slots_of(workflow: Mapping[str, Any], known: Sequence[str]) -> set[str]:
    """Which of the known slots a workflow has."""
    text = json.dumps(workflow)
    return {slot for slot in known if f"{{{{{slot}}}}}" in text}


def files_of(entry: Mapping[str, Any], suffixes: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The files with such names that an ended task has made, those to keep first."""
    found = [
        file
        for outputs in (entry.get("outputs") or {}).values()
        for files in outputs.values()
        for file in (files if isinstance(files, list) else ())
        if isinstance(file, dict) and str(file.get("filename", "")).lower().endswith(suffixes)
    ]
    return iter(sorted(found, key=lambda file: file.get("type") == "temp"))


def filled(value: Any, values: dict[str, Any]) -> Any:
    """The workflow with its slots filled: a slot alone keeps its type, within a longer text it is put in."""
    if isinstance(value, dict):
        return {key: filled(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, values) for inner in value]
    if not isinstance(value, str):
        return value
    for slot, given in values.items():
        if value == f"{{{{{slot}}}}}":
            return given
        value = value.replace(f"{{{{{slot}}}}}", str(given))
    return value


def view(http: Http, file: dict[str, Any]) -> str:
    query = {
        "filename": file.get("filename", ""),
        "subfolder": file.get("subfolder", ""),
        "type": file.get("type") or "output",
    }
    return f"{http.base_url}view?{urlencode(query)}"


def why(status: dict[str, Any]) -> str:
    for message in status.get("messages") or ():
        if isinstance(message, list) and len(message) > 1 and message[0] == "execution_error":
            told = message[1]
            return f"{told.get('node_type')}: {told.get('exception_message')}"[:300]
    return "it failed and says no more"


def trouble(answer: Answer) -> Trouble:
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
