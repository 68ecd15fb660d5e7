"""Boxes (x0, y0, x1, y1) and paths on the canvas."""

import numpy as np
from matplotlib import _path


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
