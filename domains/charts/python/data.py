"""What a mark says in the coordinates of its axes: the same whatever the limits of the axes are."""

import numpy as np
from matplotlib.collections import Collection
from matplotlib.image import _ImageBase
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

import galley_spans as spans

# More points or values than this are not told one by one.
MOST = 64


def facts(artist):
    """Properties by name, all text: `extent` (x0 y0 x1 y1), `at` (x y of each point), `values` (of a map of colours)."""
    axes = getattr(artist, "axes", None)
    if axes is None or axes.name == "3d":
        return {}
    try:
        return {name: text for name, text in told(artist, axes) if text}
    except (AttributeError, ValueError, TypeError, RuntimeError):
        # A class of its own may have none of it.
        return {}


def told(artist, axes):
    points = places(artist, axes)
    around = points if points is not None else corners(artist, axes)
    if around is not None and len(around) and np.isfinite(around).any(axis=0).all():
        yield "extent", text([*np.nanmin(around, axis=0), *np.nanmax(around, axis=0)])
    if points is not None and 1 < len(points) <= MOST:
        yield "at", text(points.ravel())
    values = artist.get_array() if hasattr(artist, "get_array") else None
    if values is not None and 0 < np.size(values) <= MOST:
        yield "values", text(np.ma.filled(np.ma.asarray(values, float), np.nan).ravel())


def places(artist, axes):
    """The points that a line or a set of markers is given by."""
    if isinstance(artist, Line2D):
        return artist.get_xydata().astype(float)
    if isinstance(artist, Collection) and artist.get_offset_transform().contains_branch(axes.transData):
        offsets = np.ma.filled(np.ma.asarray(artist.get_offsets(), float), np.nan).reshape(-1, 2)
        return offsets if len(offsets) > 1 else None
    return None


def corners(artist, axes):
    if isinstance(artist, _ImageBase):
        left, right, bottom, top = artist.get_extent()
        return np.array([[left, bottom], [right, top]], float)
    if isinstance(artist, Collection):
        return artist.get_datalim(axes.transData).get_points()
    if isinstance(artist, Patch) and artist.get_transform().contains_branch(axes.transData):
        moved = artist.get_transform() - axes.transData
        return moved.transform_path(artist.get_path()).vertices
    return None


def limits(axes):
    """Both ends and the scale of each axis, and which of them the program has set."""
    found, chosen = {}, []
    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        found[f"{name}-limits"] = text(axis.get_view_interval())
        found[f"{name}-scale"] = str(axis.get_scale())
        if id(axis) in spans.LIMITS:
            chosen.append(name)
    found["limits-set"] = " ".join(chosen)
    return found


def text(numbers):
    return " ".join(f"{float(number):.7g}" for number in numbers)
