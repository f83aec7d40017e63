"""What a motion prompt asks for: the camera's move and what is in the air, in English and Chinese."""

from __future__ import annotations

import re

# Patterns by what they mean. The first that is found counts, so what is more exact stands first.
_MOVES: tuple[tuple[str, str], ...] = (
    ("still", r"\bstatic\b|\bstill (?:shot|camera)\b|\b(?:fixed|locked|motionless) camera\b"),
    ("still", r"静止|固定镜头|镜头不动"),
    ("zoom_out", r"\bzoom(?:s|ing)? out\b|\bpull(?:s|ing)? (?:back|out|away)\b|\bdolly out\b|\bwiden"),
    ("zoom_out", r"拉远|拉开|推远|缩小"),
    ("zoom_in", r"\bzoom|\bpush(?:es|ing)? in\b|\bdolly in\b|\bclose[rs]?\b|\bapproach|\btowards?\b"),
    ("zoom_in", r"推近|拉近|推进|靠近|放大"),
    ("pan_left", r"\b(?:pan|track|slide|truck|move|drift)\w* (?:to the )?left|\bleftwards?\b|向左|左移|左摇"),
    ("pan_right", r"\b(?:pan|track|slide|truck|move|drift)\w* (?:to the )?right|\brightwards?\b"),
    ("pan_right", r"向右|右移|右摇"),
    ("rise", r"\brise[sn]?\b|\brising\b|\b(?:tilt|pan|crane)(?:s|n?ing)? up\b|\bupwards?\b"),
    ("rise", r"上升|升起|向上|上摇"),
    ("sink", r"\bsink|\b(?:tilt|pan|crane)(?:s|n?ing)? down\b|\bdescend|\bdownwards?\b|下降|向下|下摇"),
    ("pan_right", r"\bpan(?:s|ning)?\b|\btracking\b|平移|横移|摇镜"),
)
_AIRS: tuple[tuple[str, str], ...] = (
    ("rain", r"\brain|\bdrizzl|\bstorm|\bdownpour|雨"),
    ("snow", r"\bsnow|\bblizzard|雪"),
    ("motes", r"\bfirefl|\bdust\b|\bmotes?\b|\bparticles?\b|\bsparkl|\bpollen|\bembers?\b|\bmagic"),
    ("motes", r"萤火|光点|微尘|尘埃|闪光|魔法"),
)


def camera_move(prompt: str) -> str:
    """The move of `camera.KINDS` that a prompt asks for; "" when it asks for none."""
    return _first(_MOVES, prompt)


def atmosphere(prompt: str) -> str:
    """rain, snow or motes (drifting points of light); "" when a prompt speaks of none."""
    return _first(_AIRS, prompt)


def _first(table: tuple[tuple[str, str], ...], prompt: str) -> str:
    prompt = prompt.lower()
    return next((name for name, pattern in table if re.search(pattern, prompt)), "")
