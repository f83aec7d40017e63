"""Heads of people: hair, faces, hats and crowns."""

from __future__ import annotations

from servers.imagegen.painting.dress import Dress
from servers.imagegen.painting.geometry import Part, ellipse, limb, polygon, smooth
from servers.imagegen.painting.palette import turned


def head(dress: Dress, radius: float, top: float) -> list[Part]:
    """Neck, hair, face and what is worn on the head."""
    x, y = 2.0, top + radius * 1.12
    words = dress.wears.split()
    parts = [Part(limb([(0, top - 6), (1, top + 8)], [11, 10]), turned(dress.skin, 0, 1, 0.86))]
    if "braid" in words:
        parts.append(Part(limb([(x - 12, y + 2), (x - 20, y - 14), (x - 16, y - 34)], [9, 8, 4]), dress.hair))
    parts.append(Part(ellipse(x - 2.5, y + 2, radius * 1.08), dress.hair))
    if "bun" in words:
        parts.append(Part(ellipse(x - 6, y + radius * 1.25, radius * 0.44), dress.hair))
    face = [
        (x - 4, y + 6),
        (x + radius * 0.6, y + 8),
        (x + radius * 0.98, y - 1),
        (x + radius * 0.6, y - radius * 0.86),
        (x - 3, y - radius * 0.84),
        (x - 8, y - 3),
    ]
    parts.append(Part(smooth(face), dress.skin))
    parts.append(Part(ellipse(x + radius * 0.48, y + 0.5, 1.9), "#2a1f1c"))
    parts.append(Part(ellipse(x + radius * 0.2, y - 5, 2.6, 2), "#dd9678"))
    parts.append(
        Part(
            smooth(
                [(x + radius * 0.42, y - 7), (x + radius * 0.62, y - 8.4), (x + radius * 0.8, y - 6.6)],
                closed=False,
            ),
            "#8a4638",
            1.4,
        )
    )
    if "long" in words:
        parts.insert(
            1, Part(limb([(x - 6, y + 6), (x - 13, y - 10), (x - 11, y - 30)], [20, 18, 9]), dress.hair)
        )
    if "beard" in words:
        beard = [
            (x - 4, y - 4),
            (x + radius * 0.9, y - 5),
            (x + radius * 0.7, y - 22),
            (x + 4, y - 32),
            (x - 3, y - 18),
        ]
        parts.append(Part(smooth(beard, sharp=(3,)), dress.hair))
    if "glasses" in words:
        parts.append(Part(ellipse(x + radius * 0.5, y + 0.5, 5), "#3a3236"))
        parts.append(Part(ellipse(x + radius * 0.5, y + 0.5, 3.8), "#dfeef2"))
        parts.append(Part(ellipse(x + radius * 0.52, y + 0.5, 1.7), "#2a1f1c"))
        parts.append(Part(smooth([(x + 2, y + 1), (x - 8, y + 3)], closed=False), "#3a3236", 1.6))
    return [*parts, *_soft_hats(dress, words, x, y), *_hard_hats(dress, words, x, y)]


def _soft_hats(dress: Dress, words: list[str], x: float, y: float) -> list[Part]:
    """Hats of straw and cloth."""
    parts: list[Part] = []
    if "hat" in words:
        parts.append(Part(polygon([(x - 30, y + 4), (x, y + 30), (x + 30, y + 4)]), "#d9b871"))
        parts.append(Part(polygon([(x - 30, y + 4), (x - 4, y + 27), (x - 8, y + 4)]), "#c3a05b"))
    if "hood" in words:
        hood = [
            (x - 16, y - 12),
            (x - 17, y + 10),
            (x - 3, y + 20),
            (x + 12, y + 12),
            (x + 4, y + 6),
            (x - 6, y - 12),
        ]
        parts.append(Part(smooth(hood, sharp=(0, 5)), turned(dress.robe, 0, 1, 0.7)))
    if "toque" in words:
        puff = [
            (x - 17, y + 10),
            (x - 24, y + 26),
            (x - 14, y + 38),
            (x + 2, y + 40),
            (x + 18, y + 34),
            (x + 20, y + 22),
            (x + 12, y + 10),
        ]
        parts.append(Part(smooth(puff, sharp=(0, 6)), "#fdfbf4"))
        parts.append(
            Part(polygon([(x - 17, y + 7), (x + 13, y + 8), (x + 12, y + 15), (x - 17, y + 15)]), "#e6e0d2")
        )
    if "cap" in words:
        parts.append(
            Part(
                smooth(
                    [(x - 17, y + 6), (x - 13, y + 18), (x + 2, y + 21), (x + 13, y + 14), (x + 14, y + 7)],
                    sharp=(0, 4),
                ),
                dress.under,
            )
        )
        parts.append(Part(limb([(x + 6, y + 8), (x + 25, y + 5)], [5, 3]), turned(dress.under, 0, 1, 0.7)))
    if "beret" in words:
        parts.append(Part(ellipse(x - 3, y + 14, 20, 8, 8), dress.under))
    if "cone" in words:
        parts.append(Part(polygon([(x - 18, y + 8), (x - 8, y + 48), (x + 14, y + 8)]), dress.under))
        parts.append(Part(limb([(x - 26, y + 8), (x + 24, y + 8)], [5, 5], 3), dress.under))
    return parts


def _hard_hats(dress: Dress, words: list[str], x: float, y: float) -> list[Part]:
    """Helmets, crowns and the caps of office."""
    parts: list[Part] = []
    if "helmet" in words:
        parts.append(
            Part(
                smooth([(x - 17, y + 2), (x - 10, y + 18), (x + 8, y + 18), (x + 16, y + 4)], sharp=(0, 3)),
                "#9aa0a8",
            )
        )
        parts.append(Part(limb([(x, y + 17), (x - 4, y + 28), (x - 14, y + 30)], [4, 5, 2]), "#c43f3a"))
    if "hardhat" in words:
        parts.append(
            Part(
                smooth([(x - 18, y + 6), (x - 12, y + 20), (x + 4, y + 22), (x + 15, y + 7)], sharp=(0, 3)),
                dress.under,
            )
        )
        parts.append(
            Part(limb([(x - 20, y + 6), (x + 22, y + 6)], [4, 4], 3), turned(dress.under, 0, 1, 0.85))
        )
    if "mian" in words:  # an emperor's flat crown with its strings of beads
        parts.append(
            Part(polygon([(x - 15, y + 9), (x + 12, y + 9), (x + 12, y + 20), (x - 15, y + 20)]), "#2f2a2e")
        )
        parts.append(
            Part(polygon([(x - 24, y + 20), (x + 27, y + 20), (x + 25, y + 25), (x - 22, y + 25)]), "#2f2a2e")
        )
        for dx in (16, 20, 24):
            for drop in (0, 5, 10):
                parts.append(Part(ellipse(x + dx, y + 16 - drop, 1.7), "#e8bd48"))
    if "gat" in words:  # a scholar's or an official's black cap with its wings
        parts.append(
            Part(
                smooth([(x - 16, y + 6), (x - 13, y + 22), (x + 6, y + 22), (x + 13, y + 8)], sharp=(0, 3)),
                "#2b2830",
            )
        )
        parts.append(Part(limb([(x - 14, y + 10), (x - 34, y + 14)], [4, 6], 3), "#2b2830"))
    if "crown" in words:
        crown = [
            (x - 15, y + 10),
            (x - 17, y + 28),
            (x - 8, y + 19),
            (x - 1, y + 31),
            (x + 6, y + 19),
            (x + 14, y + 27),
            (x + 12, y + 10),
        ]
        parts.append(Part(polygon(crown), "#e8bd48"))
        parts.append(Part(ellipse(x - 1, y + 16, 2.6), "#c43f3a"))
    return parts
