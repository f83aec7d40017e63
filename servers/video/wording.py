"""What a motion prompt asks for: the camera's move, what is in the air, what stirs; English and Chinese."""

from __future__ import annotations

import re

Table = tuple[tuple[str, str], ...]

# Patterns by what they mean. The first that is found counts, so what is more exact stands first.
_MOVES: Table = (
    ("still", r"\bstatic\b|\bstill (?:shot|camera)\b|\b(?:fixed|locked|motionless) camera\b"),
    ("still", r"静止|固定镜头|镜头不动"),
    ("handheld", r"\bhand-?held\b|\bshak(?:y|ing) camera\b|手持"),
    ("orbit", r"\borbit|\bcircl(?:es|ing) (?:around|round)\b|\bparallax\b|\bswings? (?:a)?round\b|环绕|绕着"),
    ("zoom_out", r"\bzoom(?:s|ing)? out\b|\bpull(?:s|ing)? (?:back|out|away)\b|\bdolly out\b|\bwiden"),
    ("zoom_out", r"拉远|拉开|推远|缩小"),
    ("zoom_in", r"\bzoom|\bpush(?:es|ing)?[- ]in\b|\bdolly in\b|\bclose[rs]?\b|\bapproach|\btowards?\b"),
    ("zoom_in", r"推近|拉近|推进|靠近|放大"),
    ("pan_left", r"\b(?:pan|track|slide|truck|move|drift)\w* (?:to the )?left|\bleftwards?\b|向左|左移|左摇"),
    ("pan_right", r"\b(?:pan|track|slide|truck|move|drift)\w* (?:to the )?right|\brightwards?\b"),
    ("pan_right", r"向右|右移|右摇"),
    ("rise", r"\brise[sn]?\b|\brising\b|\b(?:tilt|pan|crane)(?:s|n?ing)? up\b|\bupwards?\b"),
    ("rise", r"上升|升起|向上|上摇"),
    ("sink", r"\bsink|\b(?:tilt|pan|crane)(?:s|n?ing)? down\b|\bdescend|\bdownwards?\b|下降|向下|下摇"),
    ("pan_right", r"\bpan(?:s|ning)?\b|\btracking\b|平移|横移|摇镜"),
)
_AIRS: Table = (
    ("rain", r"\brain(?:s|y|ing|fall)?\b|\braindrops?\b|\bdrizzl|\bstorm|\bdownpour|雨"),
    ("snow", r"\bsnow(?:s|y|ing|fall|flakes?)?\b|\bblizzard|雪"),
    ("motes", r"\bfirefl|\bdust\b|\bmotes?\b|\bparticles?\b|\bsparkl|\bpollen|\bembers?\b|\bmagic"),
    ("motes", r"萤火|光点|微尘|尘埃|闪光|魔法"),
)
# What moves or stirs besides; each may be asked for by itself.
_STIRS: Table = (
    ("water", r"\bwaves?\b|\bwaters?\b|\bripple|\briver|\bstreams?\b|\blakes?\b|\bseas?\b|\bocean|\bpond"),
    ("water", r"水|波|浪|河|湖|海|溪|江"),
    ("clouds", r"\bclouds?\b|\bskies\b|云"),
    ("fog", r"\bfog|\bmists?\b|\bmisty\b|\bhaze|\bhazy\b|雾|霾"),
    ("light", r"\bsun(?:light|beams?|rays?|shine|rise|set)?\b|\b(?:light|god) ?(?:rays?|beams?|shafts?)\b"),
    ("light", r"\brays? of\b|\bshafts? of\b|\bgolden hour\b|\bdawn\b|\bmoving light\b"),
    ("light", r"阳光|光影|光线|光束|霞|日出|日落|晨曦|黄昏|夕阳|朝阳"),
)
STIRS = ("water", "clouds", "fog", "light")
"""What `stirs` may name."""


def camera_move(prompt: str) -> str:
    """The move of `shot.KINDS` that a prompt asks for; "" when it asks for none."""
    return _first(_MOVES, prompt)


def atmosphere(prompt: str) -> str:
    """rain, snow or motes (drifting points of light); "" when a prompt speaks of none."""
    return _first(_AIRS, prompt)


def stirs(prompt: str) -> frozenset[str]:
    """Those of `STIRS` that a prompt speaks of."""
    prompt = prompt.lower()
    return frozenset(name for name, pattern in _STIRS if re.search(pattern, prompt))


def _first(table: Table, prompt: str) -> str:
    prompt = prompt.lower()
    return next((name for name, pattern in table if re.search(pattern, prompt)), "")
