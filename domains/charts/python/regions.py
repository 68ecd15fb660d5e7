"""What a figure draws, where: stands between matplotlib's Agg renderer and its C++ half.

Boxes are pixels, y down, of exactly what is handed to the rasteriser: flattened, clipped, widened by the stroke.
"""

import functools

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.image import _ImageBase
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.table import Cell

import galley_looks as looks
import galley_spans as spans
from galley_boxes import between, common, corners, extents, flat, grown, union, union_of, visible

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
    __slots__ = ("artist", "parent", "place", "role", "box", "text_box", "points", "outside", "total", "filled", "soft")

    def __init__(self, artist, parent, place, role):
        self.artist, self.parent, self.place, self.role = artist, parent, place, role
        self.box = self.text_box = None
        self.points, self.outside, self.total = [], 0, 0
        self.filled = False
        # Of strokes and curves, which cover the pixels at their edges in part.
        self.soft = False


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
        self.elements.append(Element(artist, parent, place, looks.role(artist, self.artists)))
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

    def add(self, box, upside_down=True, soft=False):
        """`box` is x0, y0, x1, y1 within the canvas, y up unless told otherwise."""
        if not self.stack or box is None or box[2] <= box[0] or box[3] <= box[1]:
            return
        if upside_down:
            box = (box[0], self.height - box[3], box[2], self.height - box[1])
        element = self.elements[self.stack[-1]]
        element.soft = element.soft or soft
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
            self.add(common(grown(found, half), clip), soft=bool(stroke))
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
        # Agg stamps markers at whole pixels, and strokes of an odd width run along their middles.
        at = np.column_stack([np.floor(at[:, 0] + 0.5), self.height - np.floor(self.height - at[:, 1] + 0.5)])
        half = 0.5 if round(stroke) % 2 else 0
        self.stamps(at + (half, -half), np.array([grown(shape, max(stroke / 2, 0.5) if stroke else 0)]), clip)

    def stamps(self, at, shapes, clip):
        """The box of shapes (n or 1 rows of x0, y0, x1, y1) put at n places."""
        at = np.asarray(at, float).reshape(-1, 2)
        boxes = np.hstack([at, at]) + shapes
        boxes = boxes[np.isfinite(boxes).all(axis=1)]
        low, high = np.array(clip[:2]), np.array(clip[2:])
        first, last = np.maximum(boxes[:, :2], low), np.minimum(boxes[:, 2:], high)
        seen = (last > first).all(axis=1)
        if seen.any():
            self.add((*first[seen].min(axis=0), *last[seen].max(axis=0)), soft=True)

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
