"""ComfyUI's server, as its own source has it: until a task is done, only its place in the queue is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from servers.chassis.conformance import picture_bytes
from tests.vendors.http import Reply, Request
from tests.vendors.simulator import SimTask, Simulator, clip


class ComfyUI(Simulator):
    """The simulator. `node_error`: every workflow is refused, by this node's error."""

    CLASSES = frozenset({"LoadImage", "SVD_img2vid_Conditioning", "KSampler", "SaveVideo", "CLIPTextEncode"})
    SUFFIX = ".mp4"

    def __init__(self) -> None:
        super().__init__()
        self.node_error = ""
        self.pictures: dict[str, bytes] = {}
        self.sent = 0
        """Prompts that were taken; the same id may come twice."""

    def answer(self, request: Request) -> Reply:
        """The API."""
        parts = request.path.strip("/").split("/")
        match request.method, parts[0]:
            case "POST", "prompt":
                return self._prompt(request)
            case "POST", "upload":
                return self._upload(request)
            case "GET", "history" if len(parts) == 2:
                return self._history(parts[1])
            case "GET", "queue":
                return self._queue()
            case "POST", "queue" | "interrupt":
                return self._stop(parts[0], request.json() or {})
            case "GET", "view":
                return self._view(request)
            case "GET", "system_stats":
                return Reply.of({"system": {"os": "posix"}, "devices": [{"name": "cuda:0 Toy", "index": 0}]})
        return Reply(404, b"404: Not Found", {"content-type": "text/plain"})

    def _prompt(self, request: Request) -> Reply:
        body = request.json()
        if not isinstance(body, dict) or not isinstance(body.get("prompt"), dict):
            return _error("no_prompt", "No prompt provided")
        for node, told in body["prompt"].items():
            if told.get("class_type") not in self.CLASSES:
                return _error("missing_node_type", f"Node '{node}' not found.")
            picture = told.get("inputs", {}).get("image")
            if told["class_type"] == "LoadImage" and picture and picture not in self.pictures:
                return _nodes(node, f"Invalid image file: {picture}")
        if self.node_error:
            return _nodes("3", self.node_error)
        self.sent += 1
        task = self.accept(body["prompt"], ident=str(body.get("prompt_id") or f"p{self.sent}"))
        return Reply.of({"prompt_id": task.id, "number": self.sent, "node_errors": {}})

    def _upload(self, request: Request) -> Reply:
        name, content, _ = request.files()["image"]
        self.pictures[f"up/{name}"] = content
        return Reply.of({"name": name, "subfolder": "up", "type": "input"})

    def _history(self, ident: str) -> Reply:
        task = self.tasks.get(ident)
        if task is None or task.cancelled:
            return Reply.of({})
        state = self.advance(task)
        if state not in ("succeeded", "failed"):
            return Reply.of({})
        files = [
            {"filename": "preview.png", "subfolder": "", "type": "temp"},
            {"filename": f"{task.id}{self.SUFFIX}", "subfolder": "video", "type": "output"},
        ]
        messages: list[Any] = [["execution_start", {"prompt_id": ident}]]
        if state == "failed":
            told = {"node_type": "KSampler", "exception_message": str(task.failure or "out of memory")}
            messages.append(["execution_error", told])
        status = {
            "status_str": "error" if state == "failed" else "success",
            "completed": state == "succeeded",
            "messages": messages,
        }
        outputs = {"9": {"images": files, "animated": [True]}} if state == "succeeded" else {}
        return Reply.of({ident: {"prompt": task.request, "outputs": outputs, "status": status, "meta": {}}})

    def _queue(self) -> Reply:
        waiting = [
            [number, task.id, task.request, {}, ["9"]]
            for number, task in enumerate(self.tasks.values())
            if not task.cancelled and task.state not in ("succeeded", "failed")
        ]
        return Reply.of({"queue_running": waiting[:1], "queue_pending": waiting[1:]})

    def _stop(self, how: str, body: dict[str, Any]) -> Reply:
        for ident in body.get("delete", ()) if how == "queue" else (body.get("prompt_id"),):
            if (task := self.tasks.get(ident)) is not None:
                task.cancelled = True
        return Reply(200)

    def _view(self, request: Request) -> Reply:
        name = request.query.get("filename", "")
        task = self.tasks.get(name.removesuffix(self.SUFFIX))
        if task is None or request.query.get("subfolder") != "video" or request.query.get("type") != "output":
            return Reply(404)
        if self.clip_faults:
            return self.clip_faults.popleft()
        return Reply(200, self.made(task))

    def made(self, task: SimTask) -> bytes:
        """What a task has made."""
        return clip(self.clip_seconds or self.seconds_of(task))

    def seconds_of(self, task: SimTask) -> float:
        """As the workflow says."""
        return float(task.request["2"]["inputs"]["video_frames"]) / 8


class ComfyPictures(ComfyUI):
    """The simulator, for workflows that make pictures."""

    KEY = ""
    CLASSES = frozenset({"LoadImage", "EmptyLatentImage", "KSampler", "CLIPTextEncode", "SaveImage"})
    SUFFIX = ".png"

    def made(self, task: SimTask) -> bytes:
        """A picture of the size in the workflow."""
        inputs = task.request["1"]["inputs"]
        return picture_bytes(inputs["width"], inputs["height"])


def picture_workflow(folder: Path) -> str:
    """A workflow for pictures in a file, with slots."""
    nodes: dict[str, Any] = {
        "1": {
            "class_type": "EmptyLatentImage",
            "inputs": {"width": "{{width}}", "height": "{{height}}", "batch_size": 1},
        },
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "masterpiece, {{prompt}}"}},
        "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "{{negative_prompt}}"}},
        "4": {
            "class_type": "KSampler",
            "inputs": {"seed": "{{seed}}", "steps": "{{steps}}", "model": ["1", 0]},
        },
        "5": {"class_type": "LoadImage", "inputs": {"image": "{{image}}"}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["4", 0]}},
    }
    path = folder / "pictures.json"
    path.write_text(json.dumps(nodes))
    return str(path)


def workflow(folder: Path, *, picture: bool = True) -> str:
    """A workflow in a file, with slots."""
    nodes: dict[str, Any] = {
        "2": {"class_type": "SVD_img2vid_Conditioning", "inputs": {"video_frames": "{{frames}}"}},
        "3": {"class_type": "KSampler", "inputs": {"seed": "{{seed}}", "model": ["2", 0]}},
        "4": {"class_type": "CLIPTextEncode", "inputs": {"text": "masterpiece, {{prompt}}"}},
        "9": {"class_type": "SaveVideo", "inputs": {"video": ["3", 0]}},
    }
    if picture:
        nodes["1"] = {"class_type": "LoadImage", "inputs": {"image": "{{image}}"}}
    path = folder / "workflow.json"
    path.write_text(json.dumps(nodes))
    return str(path)


def _error(kind: str, message: str) -> Reply:
    error = {"type": kind, "message": message, "details": "", "extra_info": {}}
    return Reply.of({"error": error, "node_errors": {}}, 400)


def _nodes(node: str, message: str) -> Reply:
    error = {
        "type": "prompt_outputs_failed_validation",
        "message": "Prompt outputs failed validation",
        "details": "",
        "extra_info": {},
    }
    errors = [{"type": "custom", "message": message, "details": "", "extra_info": {}}]
    told = {node: {"errors": errors, "dependent_outputs": ["9"], "class_type": "KSampler"}}
    return Reply.of({"error": error, "node_errors": told}, 400)
