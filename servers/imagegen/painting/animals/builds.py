"""The kinds of four-legged animals: proportions, coats, and what their heads and tails look like."""

from __future__ import annotations

import dataclasses

from servers.imagegen.painting.geometry import Point


@dataclasses.dataclass(frozen=True)
class Build:
    """What makes one kind of animal. Lengths in the units of `geometry`."""

    coat: str
    """Colour of back, head and legs."""
    belly: str
    """Colour of chest, cheeks and other light parts."""
    dark: str
    """Colour of socks, stripes, hooves, horns."""
    shoulder: float = 74
    """Height of the shoulder joint."""
    hip: float = 74
    """Height of the hip joint."""
    length: float = 88
    """From hip to shoulder."""
    chest: float = 25
    """Half the depth of the chest."""
    rump: float = 21
    """Half the depth of the hindquarters."""
    waist: float = 15
    """Half the depth of the belly before the hind legs."""
    leg: float = 13
    """Width of a leg at its top."""
    foot: float = 8
    """Width of a leg at its foot."""
    neck: float = 34
    """Length of the neck."""
    lift: float = 48
    """Angle of the neck, degrees above the horizontal."""
    throat: float = 24
    """Width of the neck."""
    head: float = 26
    """Size of the head."""
    face: str = "pointed"
    """pointed, round, long, snout or trunk."""
    ears: str = "pointed"
    """pointed, round, long, leaf or floppy."""
    tail: str = "thin"
    """bushy, thin, tuft, short, flowing or none."""
    marks: str = ""
    """stripes, spots, patches, wool, mane, crest, antlers or horns; several are parted by blanks."""


# fmt: off
BUILDS: dict[str, Build] = {
    "fox": Build(
        "#d9682b", "#fbeedd", "#3a2723", 62, 62, 78, 20, 17, 12, 11, 6, 26, 46, 19, 26, tail="bushy",
    ),
    "wolf": Build(
        "#7f858c", "#d9d8d2", "#474c54", 72, 70, 86, 24, 19, 14, 12, 8, 30, 32, 26, 27, tail="bushy",
    ),
    "dog": Build(
        "#b98450", "#f3e3c8", "#5c3d28", 62, 60, 74, 22, 17, 13, 12, 9, 28, 52, 21, 26, "pointed",
        "floppy", "thin",
    ),
    "cat": Build(
        "#8f8a86", "#f0ebe4", "#5a5553", 46, 46, 62, 16, 15, 13, 10, 7, 18, 44, 17, 24, "round",
        "pointed", "thin", "stripes",
    ),
    "tiger": Build(
        "#e08a2c", "#fbf0dc", "#2c211f", 76, 72, 112, 30, 26, 21, 19, 15, 30, 26, 34, 38, "round",
        "round", "thin", "stripes",
    ),
    "lion": Build(
        "#d3a052", "#f1dcae", "#7a4a22", 78, 72, 106, 30, 24, 19, 18, 14, 28, 36, 34, 36, "round",
        "round", "tuft", "mane",
    ),
    "leopard": Build(
        "#dba655", "#f7ead0", "#3a2a20", 68, 64, 100, 24, 21, 17, 15, 11, 26, 28, 26, 30, "round",
        "round", "thin", "spots",
    ),
    "bear": Build(
        "#6b4a38", "#a9805f", "#3b2820", 72, 68, 96, 34, 35, 30, 24, 20, 22, 20, 42, 40, "round",
        "round", "short",
    ),
    "deer": Build(
        "#b5763f", "#f2dfc2", "#4a3122", 94, 92, 80, 22, 20, 16, 11, 5, 46, 62, 19, 25, "long",
        "leaf", "short", "antlers spots",
    ),
    "horse": Build(
        "#8a5433", "#b98558", "#33231d", 98, 96, 100, 28, 27, 22, 16, 9, 52, 50, 28, 31, "long",
        "pointed", "flowing", "crest",
    ),
    "donkey": Build(
        "#8d8882", "#dcd6cb", "#4b4744", 78, 77, 82, 24, 22, 20, 12, 8, 38, 46, 23, 29, "long",
        "long", "tuft", "crest",
    ),
    "cow": Build(
        "#efe7da", "#e3b9a4", "#5b4136", 80, 80, 108, 34, 32, 31, 16, 11, 30, 18, 34, 32, "long",
        "leaf", "tuft", "patches horns",
    ),
    "ox": Build(
        "#8b5e3f", "#b98a66", "#3a2a22", 82, 78, 108, 37, 31, 29, 18, 13, 30, 14, 40, 34, "long",
        "leaf", "tuft", "horns",
    ),
    "sheep": Build(
        "#f4eee2", "#4a423e", "#3c3532", 52, 52, 62, 26, 26, 24, 9, 6, 18, 36, 22, 21, "long",
        "floppy", "none", "wool",
    ),
    "goat": Build(
        "#e6dccb", "#f7f2e8", "#5a4a3e", 60, 60, 64, 20, 19, 17, 10, 6, 28, 54, 17, 23, "long",
        "floppy", "short", "horns beard",
    ),
    "pig": Build(
        "#eda9a0", "#f6c9c0", "#b56f6a", 44, 44, 78, 28, 28, 26, 12, 9, 12, 8, 36, 29, "snout",
        "floppy", "short",
    ),
    "elephant": Build(
        "#8b909b", "#a8acb4", "#61656f", 104, 98, 112, 46, 44, 38, 30, 28, 22, 18, 50, 50, "trunk",
        "fan", "thin",
    ),
    "mouse": Build(
        "#9a8f88", "#e9ddd4", "#6b5f5a", 20, 22, 34, 13, 16, 14, 6, 4, 6, 14, 17, 17, "pointed",
        "disc", "thin",
    ),
}

# Heads in their own frame: the skull about the origin, the muzzle along +x, in units of the head's size.
FACES: dict[str, tuple[list[Point], tuple[int, ...]]] = {
    "pointed": (
        [
            (-0.5, 0.08), (-0.22, 0.47), (0.2, 0.44), (0.55, 0.2), (1.22, 0.0), (1.3, -0.12), (1.16,
            -0.24), (0.55, -0.42), (0.12, -0.62), (-0.34, -0.46),
        ],
        (8,),
    ),
    "round": (
        [
            (-0.55, 0.05), (-0.3, 0.5), (0.18, 0.54), (0.5, 0.28), (0.8, 0.14), (0.9, -0.06), (0.82,
            -0.32), (0.5, -0.5), (0.05, -0.6), (-0.4, -0.4),
        ],
        (),
    ),
    "long": (
        [
            (-0.42, 0.1), (-0.18, 0.4), (0.2, 0.36), (0.8, 0.12), (1.38, -0.02), (1.5, -0.2), (1.36,
            -0.4), (0.8, -0.42), (0.2, -0.5), (-0.3, -0.36),
        ],
        (),
    ),
    "snout": (
        [
            (-0.5, 0.1), (-0.2, 0.5), (0.3, 0.42), (0.72, 0.18), (1.04, 0.2), (1.1, -0.04), (1.0,
            -0.28), (0.62, -0.4), (0.1, -0.6), (-0.4, -0.44),
        ],
        (4, 6),
    ),
    "trunk": (
        [
            (-0.55, 0.1), (-0.25, 0.55), (0.2, 0.58), (0.52, 0.3), (0.7, -0.2), (0.5, -0.5), (0.05,
            -0.62), (-0.4, -0.45),
        ],
        (),
    ),
}
# fmt: on
