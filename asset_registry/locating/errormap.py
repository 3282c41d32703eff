"""The error map as a picture: where tags were, and where the locator put them. SVG, without any library."""

from collections.abc import Callable
from html import escape

import numpy as np

from asset_registry.locating.layout import Plan
from asset_registry.locating.replay import Fixes

_SCALE = 40.0
"""Pixels a metre."""

_MARGIN_M = 1.0
Scale = Callable[[float, float], tuple[float, float]]
"""From metres to pixels."""

_RIGHT, _MIXED, _WRONG = "#1a7f5a", "#b7791f", "#b3261e"


def error_map(plan: Plan, fixes: Fixes, floor: str, title: str) -> str:
    """One dot for each true square metre.

    Its color and its figure say how often the room was right; a line leads to where the tag was put on average.
    """
    rooms = [room for room in plan.rooms if room.floor == floor]
    gateways = [one for one in plan.gateways if one.floor == floor]
    corners = [xy for room in rooms for xy in (*room.outline, *room.points)] + [(one.x_m, one.y_m) for one in gateways]
    low = np.min(corners, axis=0) - _MARGIN_M
    high = np.max(corners, axis=0) + _MARGIN_M
    wide, high_px = ((high - low) * _SCALE).tolist()

    def px(x: float, y: float) -> tuple[float, float]:
        return round((x - low[0]) * _SCALE, 1), round((y - low[1]) * _SCALE, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high_px + 60:.0f}" role="img">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#fff"/><g font-family="sans-serif" font-size="12" fill="#333">',
    ]
    for room in rooms:
        if room.outline:
            points = " ".join(f"{x},{y}" for x, y in (px(*xy) for xy in room.outline))
            parts.append(f'<polygon points="{points}" fill="none" stroke="#bbb"/>')
            x, y = px(*np.min(room.outline, axis=0))
            parts.append(f'<text x="{x + 4}" y="{y + 14}" fill="#888">{escape(room.id)}</text>')
    for one in gateways:
        x, y = px(one.x_m, one.y_m)
        parts.append(f'<rect x="{x - 5}" y="{y - 5}" width="10" height="10" fill="#2b5c9e"/>')
        parts.append(f'<text x="{x + 7}" y="{y + 4}" fill="#2b5c9e">{escape(one.id)}</text>')
    parts += _dots(plan, fixes, floor, px)
    legend = "dot: true position, with the share of right rooms; line: to where it was put; square: gateway"
    parts.append(f'<text x="12" y="{high_px + 22:.0f}">{escape(title)}</text>')
    parts.append(f'<text x="12" y="{high_px + 42:.0f}" fill="#666">{legend}</text></g></svg>')
    return "\n".join(parts) + "\n"


def _dots(plan: Plan, fixes: Fixes, floor: str, px: Scale) -> list[str]:
    on_floor = np.array([room.floor == floor for room in plan.rooms] + [False])
    here = on_floor[fixes.true_room] & np.isfinite(fixes.at).all(1)
    squares, which = np.unique(np.floor(fixes.true_at[here]), axis=0, return_inverse=True)
    count = np.bincount(which)
    right = np.bincount(which, (fixes.room == fixes.true_room)[here]) / count
    parts = []
    for n in range(len(squares)):
        true, put = fixes.true_at[here][which == n].mean(0), fixes.at[here][which == n].mean(0)
        (x, y), (x2, y2) = px(*true), px(*put)
        color = _RIGHT if right[n] >= 0.9 else _MIXED if right[n] >= 0.5 else _WRONG
        parts.append(f'<line x1="{x}" y1="{y}" x2="{x2}" y2="{y2}" stroke="{color}" stroke-width="2"/>')
        parts.append(f'<circle cx="{x}" cy="{y}" r="7" fill="{color}"/>')
        parts.append(f'<text x="{x + 9}" y="{y - 6}" fill="{color}">{right[n] * 100:.0f}%</text>')
    return parts
