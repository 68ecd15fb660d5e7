"""Regions against pixels: draws a chart, leaves out one artist after the other, and says where the picture changes.

The answer of `run` is JSON: `fault`, and a row for each artist that was tried.
"""

import functools
import json

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import Collection, LineCollection
from matplotlib.axis import Tick
from matplotlib.image import _ImageBase
from matplotlib.offsetbox import OffsetBox
from matplotlib.text import Text

import galley_chart as chart
import galley_looks as looks
import galley_regions as regions

# Their boxes are the union of what is in them.
CONTAINERS = ("figure", "axes", "axis", "legend")
BOXES = (OffsetBox, Tick)
REPORT, PRINT = looks.report, chart.print_galley
ELEMENTS, SEEN, JOB, FOUND = [], [], {}, {}
# By identity.
HIDDEN = set()


def report(recorder, dpi):
    """Keeps which artist each row speaks of."""
    rows = REPORT(recorder, dpi)
    ELEMENTS[:] = recorder.elements
    drawn = [element for element in recorder.elements if element.box is not None]
    SEEN[:] = zip(drawn, rows, strict=True)
    return rows


def print_galley(self, out, **options):
    """The canvas is as the picture was drawn: what is drawn now differs only by what is hidden."""
    PRINT(self, out, **options)
    if JOB and "rows" not in FOUND:
        whole = draw(self.figure, ())
        FOUND["artists"] = len(SEEN)
        FOUND["located"] = sum(row["at"] is not None for _, row in SEEN)
        FOUND["rows"] = [measure(self.figure, whole, element, row) for element, row in chosen(JOB["most"])]


# Before the zygote notes what must not be replaced.
looks.report, chart.print_galley = report, print_galley


def draw(figure, hidden):
    """The picture without the drawing of some artists, all else in its place."""
    renderer = RendererAgg(*figure.bbox.size, figure.dpi)
    before, regions.LISTENER[0] = regions.LISTENER[0], None
    HIDDEN.update(id(artist) for artist in hidden)
    try:
        with figure._cm_set(layout_engine="none"):
            figure.draw(renderer)
    finally:
        HIDDEN.clear()
        regions.LISTENER[0] = before
    return np.array(renderer.buffer_rgba(), copy=True)


def skipping(draw):
    @functools.wraps(draw)
    def skipping_draw(self, renderer, *args, **kwargs):
        return None if id(self) in HIDDEN else draw(self, renderer, *args, **kwargs)

    return skipping_draw


def chosen(most):
    """At most that many, from every kind in turn, spread over each kind; what is filled and what is written first."""
    kinds = {}
    for element, row in sorted(SEEN, key=lambda pair: group(pair[0]) == "line"):
        if element.role not in CONTAINERS and not isinstance(element.artist, BOXES):
            kinds.setdefault((row["kind"], element.role), []).append((element, row))
    picked, depth = [], 0
    order = {key: sorted(range(len(rows)), key=lambda at: (at * 7919) % len(rows)) for key, rows in kinds.items()}
    while len(picked) < most and any(depth < len(rows) for rows in kinds.values()):
        picked += [rows[order[key][depth]] for key, rows in kinds.items() if depth < len(rows)]
        depth += 1
    return picked[:most]


def changed(a, b):
    """The box around all pixels that differ."""
    differs = (a != b).any(axis=2)
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1] if len(rows) else None


def measure(figure, whole, element, row):
    seen = changed(whole, draw(figure, [element.artist]))
    found = {"kind": row["kind"], "role": element.role, "group": group(element), "box": row["box"], "seen": seen}
    if found["group"] != "line" and (seen is None or iou(seen, row["box"]) < 0.9):
        # Something else may lie over it, or be of its colour.
        found["alone"] = alone(figure, element)
    return found


def alone(figure, element):
    """Where the picture changes when nothing is drawn but the artist."""
    above = lineage(element)
    others = [
        other.artist
        for other in ELEMENTS
        if other is not element and id(other) not in above and id(element) not in lineage(other)
    ]
    return changed(draw(figure, others), draw(figure, [*others, element.artist]))


def lineage(element):
    """What an element is drawn in, by identity."""
    found = set()
    while element.parent is not None:
        element = ELEMENTS[element.parent]
        found.add(id(element))
    return found


def iou(a, b):
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    area = lambda box: (box[2] - box[0]) * (box[3] - box[1])
    return wide * high / (area(a) + area(b) - wide * high)


def group(element):
    artist = element.artist
    if isinstance(artist, Text):
        return "text"
    if isinstance(artist, _ImageBase) or element.filled:
        return "filled"
    return "filled" if isinstance(artist, Collection) and not isinstance(artist, LineCollection) else "line"


def warm():
    about = chart.warm()
    for one in regions.CLASSES:
        one.draw = skipping(one.__dict__["draw"])
    return about


def run(job, write):
    JOB.update(job)
    fault = chart.execute(chart.prepare(job))
    write(json.dumps({"fault": fault, "artists": 0, "located": 0, "rows": [], **FOUND}).encode())
