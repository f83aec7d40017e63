"""A window in a wall: through it the land, the weather and the hour of the scene are seen."""

from __future__ import annotations

from servers.imagegen.painting.canvas import Canvas
from servers.imagegen.painting.geometry import number, polygon
from servers.imagegen.painting.landscape import backdrop
from servers.imagegen.painting.palette import Palette, mix, turned
from servers.imagegen.painting.scene import Scene
from servers.imagegen.painting.sky import paint_weather
from servers.imagegen.painting.streams import Streams


def indoors(palette: Palette, wall: str) -> Palette:
    """The light within: lamps are on when it is dark outside."""
    import dataclasses

    if palette.ink:
        return palette
    light = "#f2cf9c" if palette.dark else mix(palette.light, "#fff1dc", 0.5)
    return dataclasses.replace(
        palette, light=light, strength=0.62 if palette.dark else 0.5, silhouette=0.0, haze=wall
    )


def box_path(x: float, y: float, wide: float, high: float) -> str:
    """A rectangle from its upper left corner."""
    return polygon([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)])


def paint_window(
    canvas: Canvas,
    scene: Scene,
    streams: Streams,
    outside: Palette,
    area: tuple[float, float, float, float],
    frame: str = "#f4efe4",
) -> None:
    """Paints a window into `area` (x, y of its upper left corner, width, height)."""
    x, y, wide, high = area
    view = canvas.pane(wide, high, outside)
    far = scene.outdoors()
    horizon = view.height * 0.66
    backdrop(view, far, streams, horizon, view.height * 1.02)
    paint_weather(view, far, streams.scene("weather"))
    edge = canvas.palette.lit(frame, 0.05)
    shade = canvas.palette.lit(turned(frame, 0, 1, 0.8), 0.05)
    canvas.shape(box_path(x - 16, y - 16, wide + 32, high + 32), edge)
    canvas.inset(view, x, y, wide, high)
    canvas.note("window")
    for share in (0.5,):
        canvas.shape(box_path(x + wide * share - 5, y, 10, high), edge)
    canvas.shape(box_path(x, y + high * 0.42 - 4, wide, 8), edge)
    canvas.line(f"M{number(x)} {number(y)}h{number(wide)}", shade, 6, 0.5)
    canvas.shape(box_path(x - 34, y + high + 16, wide + 68, 18), edge)
    canvas.shape(box_path(x - 34, y + high + 34, wide + 68, 8), shade)
    if not outside.ink and not outside.dark and scene.weather not in ("rain", "storm", "fog"):
        canvas.shape(
            polygon(
                [
                    (x + wide * 0.1, y),
                    (x + wide * 0.28, y),
                    (x + wide * 0.06, y + high),
                    (x, y + high),
                    (x, y + high * 0.4),
                ]
            ),
            "#ffffff",
            0.13,
        )
