"""Fitting pictures and clips of any shape into the frame: ffmpeg filters for clips, numbers for pictures.

Filters are made of numbers and of names of ours alone: nothing of a request's text can get into them.
"""

from __future__ import annotations

from fractions import Fraction

_BT709 = "out_color_matrix=bt709:out_range=tv"
FITS = ("cover", "contain", "blur_fill")
"""How a picture of another shape is fitted in."""


def filters(fit: str, width: int, height: int, fps: Fraction | None, background: str = "#000000") -> str:
    """A filter graph that brings any video to one size and rate, as yuv420p in BT.709.

    Args:
        fit: one of `FITS`.
        width: of the frame, pixels.
        height: of the frame, pixels.
        fps: frames per second; None leaves the rate as it is.
        background: "#RRGGBB" behind what does not fill the frame.

    Raises:
        ValueError: no such fit, or no such colour.
    """
    if len(background) != 7 or background[0] != "#":
        raise ValueError("a colour is #RRGGBB")
    red, green, blue = (int(background[at : at + 2], 16) for at in (1, 3, 5))
    # Counted from 0 even where the first frame comes later, so that a frame's number tells its time.
    rate = f"fps=fps={fps.numerator}/{fps.denominator}:start_time=0," if fps is not None else ""
    size = f"{width}:{height}"
    cover = f"scale={size}:force_original_aspect_ratio=increase:{_BT709},crop={size}"
    contain = f"scale={size}:force_original_aspect_ratio=decrease:force_divisible_by=2:{_BT709}"
    end = ",setsar=1,format=yuv420p"
    if fit == "cover":
        return f"{rate}{cover}{end}"
    if fit == "contain":
        padding = f"pad={size}:(ow-iw)/2:(oh-ih)/2:color=0x{red:02x}{green:02x}{blue:02x}"
        return f"{rate}{contain},format=yuv420p,{padding}{end}"
    if fit == "blur_fill":
        small = f"{max(2, width // 16 * 2)}:{max(2, height // 16 * 2)}"
        behind = (
            f"scale={small}:force_original_aspect_ratio=increase:{_BT709},crop={small},gblur=4,scale={size}"
        )
        return (
            f"{rate}split[front][back];[back]{behind}[blurred];[front]{contain}[whole];"
            f"[blurred][whole]overlay=(W-w)/2:(H-h)/2{end}"
        )
    raise ValueError(f"no such fit: {fit}")


def inside(width: int, height: int, frame_width: int, frame_height: int) -> tuple[int, int, int, int]:
    """Where a picture stands that is shown whole in a frame: left, top, width, height in pixels."""
    scale = min(frame_width / width, frame_height / height)
    shown_width = min(frame_width, max(2, round(width * scale)))
    shown_height = min(frame_height, max(2, round(height * scale)))
    return (frame_width - shown_width) // 2, (frame_height - shown_height) // 2, shown_width, shown_height


def cover_window(
    focus: tuple[float, float], size: tuple[int, int], frame: tuple[int, int]
) -> tuple[float, float, float, float]:
    """The largest part of a picture that has the frame's proportions, as near around a point as it goes.

    Left, top, width and height as shares of the picture; the point too is given so.
    """
    scale = max(frame[0] / size[0], frame[1] / size[1])
    shares = [min(1.0, side / (whole * scale)) for side, whole in zip(frame, size, strict=True)]
    left, top = (
        min(max(place - share / 2, 0.0), 1.0 - share) for place, share in zip(focus, shares, strict=True)
    )
    return left, top, shares[0], shares[1]


def within_cover(
    focus: tuple[float, float], size: tuple[int, int], frame: tuple[int, int]
) -> tuple[float, float]:
    """Where in `cover_window` a point of the picture lies, each from 0 to 1."""
    left, top, width, height = cover_window(focus, size, frame)
    return (focus[0] - left) / width, (focus[1] - top) / height


def within(width: int, height: int, side: int) -> tuple[int, int]:
    """The size of a picture shrunk so that its longer side is at most `side`; never enlarged."""
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
