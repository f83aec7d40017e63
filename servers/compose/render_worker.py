"""The worker process that measures and decodes what a film is made of, draws its pieces and encodes them."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageOps

from servers.chassis.media import camera, probe_worker
from servers.chassis.media.camera import BT709_FROM_RGB
from servers.chassis.worker_main import Handler, Refused, Report, serve
from servers.compose import keying, looks
from servers.compose.clips import Clip, ClipSource, Row
from servers.compose.decoding import decode
from servers.compose.encoder import open_encoder
from servers.compose.frames import Drawing, Seen, Still, prepare_picture
from servers.compose.layers import Bar, Cut, Frame, Inset, Layer, Logo, Place, disc, open_logo, planes
from servers.compose.lettering import Lettering
from servers.compose.lettering import letter as draw_letters

_REPORT_EVERY = 5
_TRIED_FRAMES = 8
_STRIP_HEIGHT = 180
"""Height of thumbnails, pixels."""


def encode(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    """Draws and encodes a piece; reports how many frames are done."""
    piece = _Piece(arguments["piece"])
    encoding = arguments["encoding"]
    with piece.frames(arguments["text"]) as drawn:
        out = Path(arguments["out"])
        with open_encoder(out, piece.size, piece.fps, encoding["codec"], encoding["options"]) as encoder:
            for count, row in enumerate(drawn, start=1):
                encoder.write(row)
                if count % _REPORT_EVERY == 0:
                    report({"frames": count})
    return {}


def try_encoder(arguments: dict[str, Any], _: Report) -> dict[str, Any]:
    """Encodes a few grey frames, to see whether an encoder works here."""
    encoding, out, size = arguments["encoding"], Path(arguments["out"]), (256, 144)
    row = np.full(size[0] * size[1] * 3 // 2, 128, dtype=np.uint8)
    try:
        with open_encoder(out, size, Fraction(30), encoding["codec"], encoding["options"]) as encoder:
            for _frame in range(_TRIED_FRAMES):
                encoder.write(row)
    except (RuntimeError, OSError, ValueError):  # whatever a driver finds wrong
        return {"works": False}
    return {"works": out.stat().st_size > 0}


def look(arguments: dict[str, Any], _: Report) -> dict[str, Any]:
    """Draws one frame of a piece, without text, as a JPEG, and says how good a cover it would make."""
    piece = _Piece(arguments["piece"])
    with piece.frames(None, arguments["frame"]) as drawn:
        rgb = _rgb(next(drawn).reshape(piece.size[1] * 3 // 2, piece.size[0]), *piece.size)
    Image.fromarray(rgb).save(arguments["out"], "JPEG", quality=90)
    return {"score": looks.score(rgb)}


def fit_cover(arguments: dict[str, Any], _: Report) -> dict[str, Any]:
    """Cuts a picture to a size around its middle, as a JPEG."""
    try:
        rgb = camera.decode(Path(arguments["path"]))
    except camera.PictureRefused as refused:
        raise Refused(arguments["field"], str(refused)) from refused
    fitted = ImageOps.fit(Image.fromarray(rgb), tuple(arguments["size"]), Image.Resampling.LANCZOS)
    fitted.save(arguments["out"], "JPEG", quality=95, subsampling=0)
    return {}


def strip(arguments: dict[str, Any], _: Report) -> dict[str, Any]:
    """Draws frames of pieces, without text, and puts them side by side into a JPEG."""
    small: list[Image.Image] = []
    for look in arguments["looks"]:
        piece = _Piece(look["piece"])
        with piece.frames(None, look["frame"]) as drawn:
            rgb = _rgb(next(drawn).reshape(piece.size[1] * 3 // 2, piece.size[0]), *piece.size)
        width = max(1, round(piece.size[0] * _STRIP_HEIGHT / piece.size[1]))
        small.append(Image.fromarray(cv2.resize(rgb, (width, _STRIP_HEIGHT), interpolation=cv2.INTER_AREA)))
    whole = Image.new("RGB", (sum(one.width for one in small), _STRIP_HEIGHT))
    for index, one in enumerate(small):
        whole.paste(one, (index * one.width, 0))
    whole.save(arguments["out"], "JPEG", quality=85, optimize=True)
    return {}


def prepare(arguments: dict[str, Any], _: Report) -> dict[str, Any]:
    """Decodes a picture and keeps it in a file of ours, ready to be filmed."""
    return {"size": prepare_picture(arguments, Path(arguments["out"]))}


def letter(arguments: dict[str, Any], _: Report) -> dict[str, Any]:
    """Draws the text of some pieces and keeps it in files of ours."""
    width, height = arguments["size"]
    folder = Path(arguments["folder"])
    draw_letters(arguments["script"], (width, height), Fraction(arguments["fps"]), folder)
    return {}


def find_ground(arguments: dict[str, Any], _: Report) -> dict[str, Any]:
    """The colour of a plain ground in a clip, "#RRGGBB"; empty where it has none."""
    source = _clip_source(arguments["clip"], Fraction(arguments["fps"]))
    clip = Clip(source)
    try:
        numbers = sorted({0, source.frames // 2, max(0, source.frames - 2)})
        seen = [planes(clip.frame(number), source.width, source.height) for number in numbers]
        return {"color": keying.find(seen)}
    finally:
        clip.close()


def check_logo(arguments: dict[str, Any], _: Report) -> dict[str, Any]:
    """Brings a logo to its size and keeps its pixels in a file of ours."""
    rgba = open_logo(
        Path(arguments["path"]), arguments["field"], arguments["width"], arguments["most_height"]
    )
    np.save(arguments["out"], rgba)
    return {"width": rgba.shape[1], "height": rgba.shape[0]}


class _Piece:
    """The description of a piece as it came through JSON."""

    def __init__(self, piece: Mapping[str, Any]) -> None:
        self._piece = piece
        self.size: tuple[int, int] = (piece["width"], piece["height"])
        self.fps = Fraction(piece["fps"])

    @contextlib.contextmanager
    def frames(self, text: str | None, first: int = 0) -> Iterator[Iterator[Row]]:
        """Its frames, with everything that is laid over them."""
        with contextlib.ExitStack() as opened:
            layers: list[Layer] = []
            for layer in self._piece["layers"]:
                layers.append(self._layer(layer))
                opened.callback(layers[-1].close)
            if text is not None:
                layers.append(Lettering(Path(text)))
            shots = [Seen(self._shown(shot), shot["since"]) for shot in self._piece["shots"]]
            drawing = Drawing(self.size, shots, self._piece["change"], self._piece["frames"])
            yield opened.enter_context(contextlib.closing(drawing.frames(layers, first)))

    def _shown(self, shot: Mapping[str, Any]) -> Still | ClipSource | str:
        if still := shot.get("still"):
            move = still["move"]
            return Still(Path(still["path"]), tuple(still["size"]), frames=still["frames"], **move)
        if clip := shot.get("clip"):
            return _clip_source(clip, self.fps)
        color: str = shot["color"]
        return color

    def _layer(self, layer: Mapping[str, Any]) -> Layer:
        place = Place(**layer["place"])
        if "clip" in layer:
            source = _clip_source(layer["clip"], self.fps)
            return Inset(Clip(source), source.width, source.height, place, _cut(layer, source))
        if "bar" in layer:
            return Bar(layer["bar"], self.size[0], place)
        return Logo(np.load(layer["path"]), layer["opacity"], place)


def _clip_source(clip: Mapping[str, Any], fps: Fraction) -> ClipSource:
    own = {name: value for name, value in clip.items() if name != "digest"}
    return ClipSource(**{**own, "path": Path(clip["path"])}, fps=fps)


def _cut(layer: Mapping[str, Any], source: ClipSource) -> Callable[[Frame], Cut] | None:
    """What is seen of a clip: a disc, what is not the ground, or both; None: all of it."""
    shape = disc(source.width, source.height) if layer["round"] else None
    if not layer["ground"]:
        return (lambda frame: Cut(frame, shape)) if shape is not None else None
    ground = keying.Ground.of(layer["ground"])

    def cut(frame: Frame) -> Cut:
        opaque, blue, red = keying.cut_out(frame, ground)
        if shape is not None:
            opaque = np.asarray(cv2.multiply(opaque, shape, scale=1 / 255), dtype=np.uint8)
        return Cut((frame[0], blue, red), opaque)

    return cut


def _rgb(yuv: Row, width: int, height: int) -> Row:
    """A frame as RGB, by the inverse of BT.709 for limited range; OpenCV's own conversion is BT.601."""
    to_yuv = np.array(BT709_FROM_RGB)
    to_rgb = np.linalg.inv(to_yuv[:, :3])
    matrix = np.hstack([to_rgb, -to_rgb @ to_yuv[:, 3:]]).astype(np.float32)
    flat = yuv.reshape(-1)[width * height :].reshape(2, height // 2, width // 2)
    chroma = [cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR) for plane in flat]
    return np.asarray(cv2.transform(cv2.merge([yuv[:height], *chroma]), matrix), dtype=np.uint8)


def _tidy(handler: Handler) -> Handler:
    """What was decoded leaves room that the encoder can not use: it is given back (glibc keeps it)."""

    def handle(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
        try:
            return handler(arguments, report)
        finally:
            if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
                library.malloc_trim(0)

    return handle


if __name__ == "__main__":
    cv2.setNumThreads(1)
    handlers = {
        "decode": decode,
        "encode": encode,
        "try_encoder": try_encoder,
        "look": look,
        "fit_cover": fit_cover,
        "strip": strip,
        "prepare": prepare,
        "letter": letter,
        "check_logo": check_logo,
        "find_ground": find_ground,
        "picture": probe_worker.picture,
        "streams": probe_worker.streams,
    }
    serve({name: _tidy(handler) for name, handler in handlers.items()})
