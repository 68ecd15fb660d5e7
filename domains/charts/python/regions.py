"""What a figure draws, where: stands between matplotlib's Agg renderer and its C++ half.

Boxes are pixels, y down, of exactly what is handed to the rasteriser: flattened, clipped, widened by the stroke.
"""

import functools

import numpy as np
from matplotlib import _path, colors
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis, Tick
from matplotlib.collections import Collection
from matplotlib.figure import FigureBase
from matplotlib.image import _ImageBase
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.spines import Spine
from matplotlib.table import Cell
from matplotlib.text import Text

import galley_spans as spans

# Who listens while a figure is drawn: a Recorder, TEXTS_ONLY, or nobody.
LISTENER = [None]
TEXTS_ONLY = object()
SILENT = (Line2D, Patch, Collection, _ImageBase)
MOST_POINTS = 512
# The classes that draw in a way of their own.
CLASSES = []


def install():
    classes, queue = [], [Artist]
    while queue:
        one = queue.pop()
        classes.append(one)
        queue.extend(one.__subclasses__())
    for one in dict.fromkeys(classes):
        if "draw" in one.__dict__:
            one.draw = announced(one.__dict__["draw"])
            CLASSES.append(one)


def announced(draw):
    @functools.wraps(draw)
    def announced_draw(self, renderer, *args, **kwargs):
        listener = LISTENER[0]
        if listener is None:
            return draw(self, renderer, *args, **kwargs)
        if listener is TEXTS_ONLY:
            if isinstance(self, SILENT) and not isinstance(self, Cell):
                return None
            return draw(self, renderer, *args, **kwargs)
        fresh = listener.enter(self)
        try:
            return draw(self, renderer, *args, **kwargs)
        finally:
            if fresh:
                listener.leave()

    return announced_draw


class Element:
    __slots__ = ("artist", "parent", "place", "role", "box", "text_box", "points", "outside", "total", "filled")

    def __init__(self, artist, parent, place, role):
        self.artist, self.parent, self.place, self.role = artist, parent, place, role
        self.box = self.text_box = None
        self.points, self.outside, self.total = [], 0, 0
        self.filled = False


class Recorder:
    """Takes the place of the C++ renderer while a figure is drawn."""

    def __init__(self, real, width, height, dpi):
        self.real, self.width, self.height, self.scale = real, int(width), int(height), dpi / 72
        self.canvas = (0.0, 0.0, float(self.width), float(self.height))
        self.elements, self.stack, self.artists = [], [], []

    def __getattr__(self, name):
        return getattr(self.real, name)

    def enter(self, artist):
        if self.artists and self.artists[-1] is artist:
            return False
        parent = self.stack[-1] if self.stack else None
        place = spans.place_of(artist, self.artists)
        if place is None and parent is not None:
            place = self.elements[parent].place
        self.elements.append(Element(artist, parent, place, role(artist, self.artists)))
        self.stack.append(len(self.elements) - 1)
        self.artists.append(artist)
        return True

    def leave(self):
        self.stack.pop()
        self.artists.pop()

    def clip(self, gc):
        box = self.canvas
        rectangle = gc.get_clip_rectangle()
        if rectangle is not None:
            box = common(box, tuple(rectangle.extents))
        path, transform = gc.get_clip_path()
        if path is not None:
            found = extents(path, transform, None)
            box = common(box, found) if found else None
        return box

    def add(self, box, upside_down=True):
        """`box` is x0, y0, x1, y1 within the canvas, y up unless told otherwise."""
        if not self.stack or box is None or box[2] <= box[0] or box[3] <= box[1]:
            return
        if upside_down:
            box = (box[0], self.height - box[3], box[2], self.height - box[1])
        element = self.elements[self.stack[-1]]
        element.box = box if element.box is None else union(element.box, box)

    def sample(self, vertices, bounds, line=False):
        """Keeps some data points, for lines some between them too, and counts those that lie outside `bounds`."""
        element = self.elements[self.stack[-1]] if self.stack else None
        if element is None or element.role != "data" or not len(vertices):
            return
        vertices = vertices[np.isfinite(vertices).all(axis=1)]
        if bounds is not None:
            (x0, y0, x1, y1), (x, y) = bounds, vertices.T
            out = (x < x0 - 1) | (x > x1 + 1) | (y < y0 - 1) | (y > y1 + 1)
            element.outside += int(out.sum())
        element.total += len(vertices)
        if line and 1 < len(vertices) < MOST_POINTS:
            vertices = between(vertices)
        if bounds is not None:
            vertices = vertices[np.all((vertices >= bounds[:2]) & (vertices <= bounds[2:]), axis=1)]
        kept = vertices[::max(1, len(vertices) // MOST_POINTS)]
        element.points.append(np.column_stack([kept[:, 0], self.height - kept[:, 1]]))

    def rectangle(self, gc):
        box = gc.get_clip_rectangle()
        return None if box is None else tuple(box.extents)

    def draw_path(self, gc, path, transform, face=None):
        self.real.draw_path(gc, path, transform, face)
        filled = visible(face) or bool(gc.get_hatch())
        stroke = gc.get_linewidth() * self.scale if gc.get_rgb()[3] > 0 and gc.get_linewidth() > 0 else 0
        clip = self.clip(gc)
        if clip is None or not (filled or stroke):
            return
        half = max(stroke / 2, 0.5) if stroke else 0
        if filled:
            found = extents(path, transform, None)
            if self.stack:
                self.elements[self.stack[-1]].filled = True
        else:
            found = extents(path, transform, grown(clip, half))
        if found:
            self.add(common(grown(found, half), clip))
        if self.stack and self.elements[self.stack[-1]].role == "data":
            self.sample(flat(path, transform, None), self.rectangle(gc), line=not filled)

    def draw_markers(self, gc, marker, marker_transform, path, transform, face=None):
        self.real.draw_markers(gc, marker, marker_transform, path, transform, face)
        stroke = gc.get_linewidth() * self.scale if gc.get_rgb()[3] > 0 else 0
        if not (visible(face) or stroke):
            return
        clip, shape = self.clip(gc), extents(marker, marker_transform, None)
        if clip is None or shape is None:
            return
        at = transform.transform(path.vertices)
        self.sample(at, self.rectangle(gc))
        self.stamps(at, np.array([grown(shape, max(stroke / 2, 0.5) if stroke else 0)]), clip)

    def stamps(self, at, shapes, clip):
        """The box of shapes (n or 1 rows of x0, y0, x1, y1) put at n places."""
        at = np.asarray(at, float).reshape(-1, 2)
        boxes = np.hstack([at, at]) + shapes
        boxes = boxes[np.isfinite(boxes).all(axis=1)]
        low, high = np.array(clip[:2]), np.array(clip[2:])
        first, last = np.maximum(boxes[:, :2], low), np.minimum(boxes[:, 2:], high)
        seen = (last > first).all(axis=1)
        if seen.any():
            self.add((*first[seen].min(axis=0), *last[seen].max(axis=0)))

    def draw_path_collection(self, gc, master, paths, transforms, offsets, offset_transform, faces, edges, widths, *rest):
        self.real.draw_path_collection(
            gc, master, paths, transforms, offsets, offset_transform, faces, edges, widths, *rest
        )
        clip = self.clip(gc)
        stroke = max((w for w in np.atleast_1d(widths)), default=0) * self.scale if len(edges) else 0
        seen = any(c[3] > 0 for c in faces[:64]) or (stroke and any(c[3] > 0 for c in edges[:64]))
        if clip is None or not seen or not len(paths):
            return
        half = max(stroke / 2, 0.5) if stroke else 0
        at = offset_transform.transform(np.asarray(offsets, float)) if len(offsets) else np.zeros((1, 2))
        at = np.ma.filled(np.ma.asarray(at, float), np.nan).reshape(-1, 2)
        if len(offsets) > 1:
            self.sample(at, self.rectangle(gc))
        count = max(len(paths), len(transforms) if len(at) > 1 else 0, len(at))
        if len(paths) > 1 and len(paths) > MOST_POINTS:
            found = union_of(paths, master)
            if found:
                self.stamps(at[:1] if len(at) == 1 else at, np.array([grown(found, half)]), clip)
            return
        matrices = np.asarray(transforms, float).reshape(-1, 3, 3)
        base = master.get_matrix() if hasattr(master, "get_matrix") else np.asarray(master, float)
        both = np.matmul(base, matrices) if len(matrices) else base[None]
        if len(paths) == 1:
            shapes = corners(paths[0], both)
        else:
            shapes = np.vstack([corners(path, both[i % len(both)][None]) for i, path in enumerate(paths)])
        take = np.arange(count)
        shapes = shapes[take % len(shapes)] + np.array([-half, -half, half, half])
        self.stamps(at[take % len(at)], shapes, clip)
        if len(offsets) <= 1 and self.stack and self.elements[self.stack[-1]].role == "data":
            centre = (shapes[:, :2] + shapes[:, 2:]) / 2 + at[take % len(at)]
            self.sample(centre, None)

    def draw_quad_mesh(self, gc, master, width, height, coordinates, offsets, offset_transform, *rest):
        self.real.draw_quad_mesh(gc, master, width, height, coordinates, offsets, offset_transform, *rest)
        clip = self.clip(gc)
        points = master.transform(np.asarray(coordinates, float).reshape(-1, 2))
        points = points[np.isfinite(points).all(axis=1)]
        if clip is not None and len(points):
            self.add(common((*points.min(axis=0), *points.max(axis=0)), clip))

    def draw_gouraud_triangles(self, gc, points, faces, transform):
        self.real.draw_gouraud_triangles(gc, points, faces, transform)
        clip = self.clip(gc)
        points = transform.transform(np.asarray(points, float).reshape(-1, 2))
        if clip is not None and len(points):
            self.add(common((*points.min(axis=0), *points.max(axis=0)), clip))

    def draw_image(self, gc, x, y, image):
        self.real.draw_image(gc, x, y, image)
        clip = self.clip(gc)
        if clip is not None:
            x, y = round(x), round(y)
            self.add(common((x, y, x + image.shape[1], y + image.shape[0]), clip))

    def draw_text_image(self, image, x, y, angle, gc):
        self.real.draw_text_image(image, x, y, angle, gc)
        ink = np.asarray(image)
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        clip = self.clip(gc)
        if not len(rows) or clip is None or not gc.get_rgb()[3]:
            return
        height = ink.shape[0]
        left, right = columns[0], columns[-1] + 1
        top, bottom = rows[0] - height, rows[-1] + 1 - height
        turn = np.radians(-angle)
        cos, sin = np.cos(turn), np.sin(turn)
        xs = [x + u * cos - v * sin for u in (left, right) for v in (top, bottom)]
        ys = [y + u * sin + v * cos for u in (left, right) for v in (top, bottom)]
        whole = (min(xs), min(ys), max(xs), max(ys))
        element = self.elements[self.stack[-1]] if self.stack else None
        if element is not None:
            element.text_box = whole if element.text_box is None else union(element.text_box, whole)
        upside = (clip[0], self.height - clip[3], clip[2], self.height - clip[1])
        self.add(common(whole, upside), upside_down=False)


def between(vertices):
    """A polyline with a corner every few pixels."""
    start, step = vertices[:-1], np.diff(vertices, axis=0)
    counts = np.clip(np.hypot(*step.T) // 8, 1, 100).astype(int)
    at = np.concatenate([np.arange(n) / n for n in counts])
    return np.vstack([np.repeat(start, counts, axis=0) + np.repeat(step, counts, axis=0) * at[:, None], vertices[-1:]])


def visible(face):
    return face is not None and (len(face) < 4 or face[3] > 0)


def common(a, b):
    if a is None or b is None:
        return None
    box = (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))
    return box if box[2] > box[0] and box[3] > box[1] else None


def union(a, b):
    return (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))


def grown(box, by):
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by)


def flat(path, transform, clip):
    """The corners of a path on the canvas, curves flattened, what is not a number left out."""
    vertices, codes = _path.cleanup_path(path, transform, True, clip, False, 1.0, False, False, None)
    return vertices[(codes == 1) | (codes == 2)]


def extents(path, transform, clip):
    points = flat(path, transform, clip)
    points = points[np.isfinite(points).all(axis=1)] if len(points) else points
    return (*points.min(axis=0), *points.max(axis=0)) if len(points) else None


def union_of(paths, transform):
    boxes = [box for box in (extents(path, transform, None) for path in paths) if box]
    if not boxes:
        return None
    boxes = np.array(boxes)
    return (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))


def corners(path, matrices):
    """The boxes of one path under n matrices."""
    points = flat(path, None, None)
    if not len(points):
        return np.full((len(matrices), 4), np.nan)
    moved = points @ np.swapaxes(matrices[:, :2, :2], 1, 2) + matrices[:, None, :2, 2]
    return np.hstack([moved.min(axis=1), moved.max(axis=1)])


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


def pixels(box):
    """Whole pixels: what is thin covers every pixel that it touches, what is not begins and ends at the nearest."""
    ends = []
    for low, high in ((box[0], box[2]), (box[1], box[3])):
        thin = high - low < 4
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
    if element.total:
        found["points"], found["outside"] = str(element.total), str(element.outside)
    if element.role == "axes":
        found["data"] = str(bool(artist.has_data() or artist.texts or artist.tables)).lower()
        found["frame"] = str(bool(artist.axison)).lower()
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
            shared = common(element.box, legend.box)
            if shared and (shared[2] - shared[0]) * (shared[3] - shared[1]) > 0.05 * (x1 - x0) * (y1 - y0):
                count += 1
    return count


def report(recorder, dpi):
    """The elements that drew something, as plain data; parents before children."""
    elements, kept = recorder.elements, {}
    for element in reversed(elements):
        if element.box is not None and element.parent is not None:
            above = elements[element.parent]
            above.box = element.box if above.box is None else union(above.box, element.box)
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
            "box": pixels(element.box),
            "text": str(text)[:2000],
            "text_box": [round(float(v), 3) for v in element.text_box] if element.text_box else None,
            "style": look,
        })
    return rows
