"""Colour: the palette of a scene by time of day, weather, season and mood, and how light changes things.

Every thing has its own colour in white light. The palette's light tints it and the air between it and the
eye pales it, so that whatever stands in a picture belongs to it.
"""

from __future__ import annotations

import colorsys
import dataclasses
import random
from collections.abc import Callable

RGB = tuple[float, float, float]
LAMP = "#ffd978"
"""The colour of lit windows: at night it shines by itself."""


def rgb(colour: str) -> RGB:
    """0 to 1 each, of "#rrggbb"."""
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255)


def hexed(colour: RGB) -> str:
    """ "#rrggbb" of 0 to 1 each; what lies outside is cut."""
    return "#" + "".join(f"{round(min(max(part, 0.0), 1.0) * 255):02x}" for part in colour)


def mix(first: str, second: str, share: float) -> str:
    """`share` of the second colour in the first."""
    a, b = rgb(first), rgb(second)
    return hexed((a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share))


def turned(colour: str, hue: float = 0.0, saturation: float = 1.0, value: float = 1.0) -> str:
    """The colour with its hue moved (in turns) and its saturation and value multiplied."""
    h, s, v = colorsys.rgb_to_hsv(*rgb(colour))
    return hexed(colorsys.hsv_to_rgb((h + hue) % 1.0, min(s * saturation, 1.0), min(v * value, 1.0)))


@dataclasses.dataclass(frozen=True)
class Palette:
    """The light and the big colours of one scene."""

    sky: tuple[str, str, str]
    """Zenith, middle, horizon."""
    haze: str
    """What far things fade into."""
    light: str
    """Tint of everything that is lit."""
    strength: float
    """How much of the tint, 0 to 1."""
    orb: str
    """Colour of the sun or the moon."""
    far: str
    """Distant mountains."""
    land: str
    """Ground in the middle distance."""
    near: str
    """Ground at the viewer's feet."""
    leaf: str
    """Leaves and grass."""
    bark: str = "#6b4a35"
    """Trunks and branches."""
    water: str = "#4f8fa8"
    """Rivers, lakes and the sea."""
    dark: bool = False
    """Night: windows are lit, stars are out."""
    snow: bool = False
    """Snow lies on the ground and on the boughs."""
    ink: bool = False
    """Ink on paper: greys, and layers that fade into mist."""
    silhouette: float = 0.0
    """How far near things sink into the dark, 0 to 1 (against the light)."""

    def lit(self, colour: str, distance: float) -> str:
        """A thing's colour in this light, `distance` from 0 (at the viewer's feet) to 1 (at the horizon)."""
        if colour == LAMP and self.dark:
            return mix(colour, self.haze, 0.3 * distance)
        if self.ink:
            r, g, b = rgb(colour)
            grey = 0.12 + 0.62 * (0.3 * r + 0.59 * g + 0.11 * b)
            # A breath of the thing's own colour, as in washes that add a little pigment to the ink.
            colour = mix(hexed((grey, grey, grey)), colour, 0.22)
            return mix(colour, self.haze, 0.85 * distance)
        light, own = rgb(self.light), rgb(colour)
        shone = hexed((own[0] * light[0], own[1] * light[1], own[2] * light[2]))
        colour = mix(colour, shone, self.strength)
        if self.silhouette:
            colour = mix(colour, self.near, self.silhouette * (1 - distance))
        return mix(colour, self.haze, 0.72 * distance)


_DAY = Palette(
    sky=("#5ea9cf", "#a5d3df", "#f3ead0"),
    haze="#dfe8df",
    light="#fff3dc",
    strength=0.6,
    orb="#fff2c4",
    far="#86a9b4",
    land="#9db67c",
    near="#5f8752",
    leaf="#5d9150",
)
_TIMES = {
    "day": _DAY,
    "noon": dataclasses.replace(
        _DAY,
        sky=("#4a9fd4", "#9ad2e4", "#fbeec8"),
        orb="#fff6d0",
        haze="#f0ecd2",
        land="#b3b76c",
        near="#79914c",
    ),
    "dawn": Palette(
        sky=("#6f86b8", "#eab6a8", "#fde3b4"),
        haze="#f3d3bd",
        light="#ffdcc0",
        strength=0.75,
        orb="#fff0c8",
        far="#9a93b5",
        land="#a3a377",
        near="#58724f",
        leaf="#6d8f58",
        water="#8a9fb8",
    ),
    "dusk": Palette(
        sky=("#41386e", "#c9607a", "#fbb765"),
        haze="#f0a27a",
        light="#ffb98a",
        strength=0.85,
        orb="#fff0b8",
        far="#8a5c86",
        land="#7b5a5c",
        near="#37324a",
        leaf="#5d6446",
        bark="#4a3038",
        water="#b9708a",
        silhouette=0.28,
    ),
    "night": Palette(
        sky=("#0d1a3a", "#1f3a66", "#486a92"),
        haze="#49688f",
        light="#8ea6dc",
        strength=0.78,
        orb="#f7f1d4",
        far="#35507c",
        land="#2b4666",
        near="#142840",
        leaf="#3d6a5c",
        bark="#3c3a4c",
        water="#35577f",
        dark=True,
        silhouette=0.1,
    ),
}
_INK = Palette(
    sky=("#e9e3d3", "#efeadc", "#f6f2e7"),
    haze="#f1ecdf",
    light="#ffffff",
    strength=0.0,
    orb="#c8503c",
    far="#6f7375",
    land="#5b5f5e",
    near="#2e3130",
    leaf="#4c5450",
    bark="#2c2a28",
    water="#b9bfbd",
    ink=True,
)
TIMES = tuple(_TIMES)
STYLES = ("paper-cut", "ink-wash", "flat", "dusk")


def palette_of(time: str, season: str, weather: str, mood: str, style: str, draw: random.Random) -> Palette:
    """The palette of a scene. Empty words stand for nothing said."""
    if style == "ink-wash":
        return _INK
    base = _TIMES["dusk" if style == "dusk" and time != "night" else time or "day"]
    base = _in_season(base, season)
    if weather in ("rain", "storm", "fog", "cloudy", "snow"):
        base = _overcast(
            base, {"storm": 0.62, "rain": 0.5, "fog": 0.55, "cloudy": 0.3, "snow": 0.45}[weather]
        )
    if mood == "gloomy":
        base = _each(base, lambda colour: turned(colour, 0.0, 0.72, 0.86))
    elif mood == "joyful":
        base = _each(base, lambda colour: turned(colour, 0.0, 1.15, 1.03))
    if style == "flat":
        base = _each(base, lambda colour: turned(colour, 0.0, 1.12, 1.02))
    shift = draw.uniform(-0.018, 0.018)  # two scenes at noon need not be the very same
    return _each(base, lambda colour: turned(colour, shift))


def _in_season(base: Palette, season: str) -> Palette:
    if season == "autumn":
        return dataclasses.replace(
            base,
            leaf=mix(base.leaf, "#d9792f", 0.72),
            land=mix(base.land, "#c99a52", 0.6),
            near=mix(base.near, "#8a5a34", 0.5),
        )
    if season == "winter":
        snow = mix("#f2f5f7", base.haze, 0.15)
        return dataclasses.replace(
            base,
            snow=True,
            leaf=mix(base.leaf, "#d5e2e6", 0.45),
            land=mix(base.land, snow, 0.8),
            near=mix(base.near, snow, 0.55),
            far=mix(base.far, snow, 0.4),
        )
    if season == "spring":
        return dataclasses.replace(
            base, leaf=mix(base.leaf, "#9ccb5e", 0.45), land=mix(base.land, "#b9d77f", 0.4)
        )
    if season == "summer":
        return dataclasses.replace(
            base, leaf=turned(base.leaf, 0.0, 1.15), land=mix(base.land, "#c7bd5f", 0.25)
        )
    return base


def _overcast(base: Palette, share: float) -> Palette:
    grey = "#39455c" if base.dark else "#8d9aa5"
    pale = mix(grey, base.sky[2], 0.45)
    return dataclasses.replace(
        base,
        sky=(mix(base.sky[0], grey, share), mix(base.sky[1], grey, share), mix(base.sky[2], pale, share)),
        haze=mix(base.haze, pale, share),
        light=mix(base.light, "#a9b6c6", share),
        far=mix(base.far, grey, share * 0.7),
        land=mix(base.land, grey, share * 0.45),
        near=mix(base.near, "#2f3b45", share * 0.35),
        leaf=mix(base.leaf, grey, share * 0.35),
        water=mix(base.water, grey, share * 0.6),
    )


def _each(base: Palette, change: Callable[[str], str]) -> Palette:
    return dataclasses.replace(
        base,
        sky=(change(base.sky[0]), change(base.sky[1]), change(base.sky[2])),
        haze=change(base.haze),
        orb=change(base.orb),
        far=change(base.far),
        land=change(base.land),
        near=change(base.near),
        leaf=change(base.leaf),
        bark=change(base.bark),
        water=change(base.water),
    )
