"""What a drawn artist is for and what it looks like, and the report of all that was drawn."""

import numpy as np
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.axis import Axis, Tick
from matplotlib.collections import Collection
from matplotlib.figure import FigureBase
from matplotlib.image import _ImageBase
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.spines import Spine
from matplotlib.text import Text

import galley_boxes as boxes
import galley_data as data
import galley_spans as spans


def role(artist, ancestors):
    """What an artist is for, seen from what it is drawn in."""
    parent = ancestors[-1] if ancestors else None
    if isinstance(parent, Tick):
        name = getattr(parent, "__name__", "tick")
        if isinstance(artist, Text):
            return f"{name}-label"
        return "grid" if artist is parent.gridline else "tick"
    if isinstance(parent, Axis):
        if artist is parent.label:
            return f"{parent.axis_name}label"
        return "offset-text" if isinstance(artist, Text) else "tick"
    if any(isinstance(one, Legend) for one in ancestors):
        return "legend-text" if isinstance(artist, Text) else "legend-part"
    if isinstance(artist, FigureBase):
        return "figure"
    if isinstance(artist, Axes):
        return "axes"
    if isinstance(artist, Axis):
        return "axis"
    if isinstance(artist, Legend):
        return "legend"
    if isinstance(artist, Spine):
        return "spine"
    if isinstance(parent, FigureBase):
        if artist is getattr(parent, "_suptitle", None):
            return "suptitle"
        return "background" if artist is parent.patch else "text" if isinstance(artist, Text) else "data"
    if isinstance(parent, Axes):
        if artist is parent.patch:
            return "background"
        if artist in (parent.title, parent._left_title, parent._right_title):
            return "title"
    if isinstance(artist, Text):
        return "text"
    return "data" if isinstance(parent, Axes) else "part"


def pixels(box, soft):
    """Whole pixels: what is thin or soft covers every pixel that it touches, what is not begins and ends at the nearest."""
    ends = []
    for low, high in ((box[0], box[2]), (box[1], box[3])):
        thin = soft or high - low < 4
        ends.append((int(np.floor(low)), int(np.ceil(high))) if thin else (round(float(low)), round(float(high))))
    return [ends[0][0], ends[1][0], ends[0][1], ends[1][1]]


def hexes(value):
    try:
        rows = colors.to_rgba_array(value)
    except (ValueError, TypeError):
        return ""
    names = dict.fromkeys(colors.to_hex(row, keep_alpha=row[3] < 1) for row in rows[:64])
    return " ".join(list(names)[:8])


def style(element, dpi):
    """Resolved properties by name, all text."""
    artist, found = element.artist, {"role": element.role}
    if isinstance(artist, Text):
        found["color"] = hexes(artist.get_color())
        found["font-size"] = f"{artist.get_fontsize() * dpi / 72:.1f}"
        found["font-weight"] = str(artist.get_fontweight())
        if artist.get_alpha() is not None:
            found["alpha"] = str(artist.get_alpha())
        patch = artist.get_bbox_patch()
        if patch is not None and patch.get_visible():
            found["background"] = hexes(patch.get_facecolor())
    elif isinstance(artist, Line2D):
        found["color"] = hexes(artist.get_color())
        found["line-width"] = f"{artist.get_linewidth():g}"
        found["line-style"] = str(artist.get_linestyle())
        if artist.get_marker() not in (None, "None", "", " "):
            found["marker"] = str(artist.get_marker())[:40]
    elif isinstance(artist, (Patch, Collection)):
        found["facecolor"] = hexes(artist.get_facecolor())
        found["edgecolor"] = hexes(artist.get_edgecolor())
        if isinstance(artist, Collection) and artist.get_array() is not None:
            found["mapped"] = artist.get_cmap().name
        if artist.get_hatch():
            found["hatch"] = str(artist.get_hatch())[:16]
    elif isinstance(artist, _ImageBase):
        found["mapped"] = artist.get_cmap().name
    if element.role == "data":
        label = str(artist.get_label() or "")
        if label and not label.startswith("_"):
            found["label"] = label[:200]
        found.update(data.facts(artist))
    if element.total:
        found["points"], found["outside"] = str(element.total), str(element.outside)
    if element.role == "axes":
        found["data"] = str(bool(artist.has_data() or artist.texts or artist.tables)).lower()
        found["frame"] = str(bool(artist.axison)).lower()
        found.update(data.limits(artist))
    return found


def covered(legend, elements):
    """How many data points of the same figure lie under a legend's frame."""
    x0, y0, x1, y1 = legend.box
    count = 0
    for element in elements:
        if element.role != "data":
            continue
        for points in element.points:
            if len(points):
                inside = (points[:, 0] > x0 + 2) & (points[:, 0] < x1 - 2)
                inside &= (points[:, 1] > y0 + 2) & (points[:, 1] < y1 - 2)
                count += int(inside.sum())
        if element.filled and element.box and isinstance(element.artist, Patch):
            shared = boxes.common(element.box, legend.box)
            if shared and (shared[2] - shared[0]) * (shared[3] - shared[1]) > 0.05 * (x1 - x0) * (y1 - y0):
                count += 1
    return count


def report(recorder, dpi):
    """The elements that drew something, as plain data; parents before children."""
    elements, kept = recorder.elements, {}
    for element in reversed(elements):
        if element.box is not None and element.parent is not None:
            above = elements[element.parent]
            above.box = element.box if above.box is None else boxes.union(above.box, element.box)
    rows = []
    for index, element in enumerate(elements):
        if element.box is None and element.text_box is not None:
            # Written wholly beyond the picture.
            element.box = element.text_box
        if element.box is None and not element.outside:
            continue
        if element.box is None:
            element.box = (0, 0, 0, 0)
        kept[index] = len(rows)
        look = style(element, dpi)
        if element.role == "legend":
            look["covers"] = str(covered(element, elements))
        text = element.artist.get_text() if isinstance(element.artist, Text) else ""
        rows.append({
            "parent": kept.get(element.parent),
            "kind": type(element.artist).__name__.lower()[:60],
            "at": spans.resolve(element.place) if element.place else None,
            "box": pixels(element.box, element.soft),
            "text": str(text)[:2000],
            "text_box": [round(float(v), 3) for v in element.text_box] if element.text_box else None,
            "style": look,
        })
    return rows
