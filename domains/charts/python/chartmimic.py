"""The records that ChartMimic's low-level metrics are computed from, taken while the program runs once.

Calls are logged at the outermost wrapped function, under the names of the ChartMimic evaluators (file relative to the
site packages). Two logs are kept side by side: `official`, which falls silent for good when a wrapped call raises, and
`sound`, which does not.
"""

import functools
import inspect
import os

import matplotlib
import matplotlib.colors as mcolors
import networkx
import networkx.drawing.nx_pylab as nx_pylab
import numpy
import squarify
from matplotlib.axes._axes import Axes
from matplotlib.axes._base import _process_plot_var_args
from matplotlib.cbook import silent_list
from matplotlib.image import NonUniformImage
from matplotlib.patches import Circle, Ellipse, PathPatch
from matplotlib.projections.polar import PolarAxes
from matplotlib_venn._common import VennDiagram
from mpl_toolkits.mplot3d import Axes3D

SITE = os.path.dirname(os.path.dirname(matplotlib.__file__)) + "/"


class Log:
    """One kind of record."""

    def __init__(self):
        self.depth, self.silent = 0, False
        self.official, self.sound = {}, {}

    def books(self):
        return [self.sound] if self.silent else [self.official, self.sound]


CALLS, COLOURS = Log(), Log()


def file_of(function):
    name = inspect.getfile(function)
    return name[len(SITE):] if name.startswith(SITE) else name


def outermost(log, function, enter, leave):
    """Wraps a function so that `enter` and `leave` see its outermost calls."""

    @functools.wraps(function)
    def logged(*args, **kwargs):
        if log.depth:
            return function(*args, **kwargs)
        log.depth += 1
        try:
            books = log.books()
            enter(books, args)
            result = function(*args, **kwargs)
            try:
                leave(books, result, args, kwargs)
            except Exception:
                log.silent = True
            return result
        except BaseException:
            log.silent = True
            raise
        finally:
            log.depth -= 1

    return logged


def nothing(*_):
    return None


def count(owner, name, original, key=None):
    """Counts calls under the name of `original`, the function as its package has it."""
    file = file_of(original)
    wrapped = own(owner, name)

    def enter(books, args):
        polar = "_polar" if args and type(args[0]) is PolarAxes and original.__name__ == "plot" else ""
        full = key or f"{file}{polar}-{original.__name__}"
        for book in books:
            book[full] = book.get(full, 0) + 1

    setattr(owner, name, outermost(CALLS, wrapped, enter, nothing))


def colour(owner, name, rule):
    function = own(owner, name)
    prefix = f"{file_of(function)}/{function.__name__}"

    def leave(books, result, args, kwargs):
        for suffix, value, thing in rule(result, args, kwargs):
            for book in books:
                book[prefix + suffix + "--" + value] = thing

    setattr(owner, name, outermost(COLOURS, function, nothing, leave))


def text_of(value):
    """Upper-case hexadecimal of a colour; raises on what is none."""
    if isinstance(value, str):
        if value.startswith("#") and len(value) in (7, 9):
            return value.upper()
        return mcolors.to_hex(mcolors.to_rgba(value)).upper()
    if isinstance(value, (list, tuple, numpy.ndarray)) and len(value) in (3, 4):
        return mcolors.to_hex(value).upper()
    raise ValueError("not a colour")


def each(things, read, suffix=""):
    return [(suffix, text_of(read(thing)), thing) for thing in things]


def last(values, thing, suffix=""):
    """Of many colours of one thing only the last becomes its name."""
    return [(suffix, [text_of(value) for value in values][-1], thing)]


def face(thing):
    return list(thing.get_facecolor())


def first_face(thing):
    return list(thing.get_facecolor()[0])


def mapped(thing):
    return [("", thing.get_cmap().name, thing)]


def scatter(result, args, kwargs):
    suffix = "_polar" if type(args[0]) is PolarAxes else ""
    if kwargs.get("cmap") is not None:
        name = kwargs["cmap"]
        return [(suffix, name if type(name) is str else name.name, result)]
    return each([result], first_face, suffix) if len(result.get_facecolor()) else []


def solid(result, kwargs, values):
    if kwargs.get("cmap") is not None:
        name = kwargs["cmap"]
        return [("_3d", name if type(name) is str else name.name, result)]
    return values()


def histogram(result):
    patches = result[2]
    groups = patches if type(patches) is silent_list else [patches]
    return [row for group in groups for row in each(group, face)]


def initialised(kind, rule):
    return lambda result, args, kwargs: rule(args[0]) if type(args[0]) is kind else []


RULES = [
    (_process_plot_var_args, "_makeline", lambda r, a, k: [("", text_of(r[1]["color"]), r[0])]),
    (Axes, "bar", lambda r, a, k: each(r, lambda bar: list(bar._original_facecolor))),
    (Axes, "scatter", scatter),
    (Axes, "axhline", lambda r, a, k: each([r], lambda line: line.get_color())),
    (Axes, "axvline", lambda r, a, k: each([r], lambda line: line.get_color())),
    (Axes, "_fill_between_x_or_y", lambda r, a, k: each([r], lambda area: list(area.get_facecolors()[0]))),
    (Axes, "pie", lambda r, a, k: each(r[0], lambda wedge: wedge.get_facecolor())),
    (Axes, "axvspan", lambda r, a, k: each([r], lambda span: span.get_facecolor())),
    (Axes, "axhspan", lambda r, a, k: each([r], lambda span: span.get_facecolor())),
    (Axes, "hlines", lambda r, a, k: last([list(c) for c in r.get_edgecolors()], r)),
    (Axes, "vlines", lambda r, a, k: last([list(c) for c in r.get_edgecolors()], r)),
    (Axes, "boxplot", lambda r, a, k: each([box for box in r["boxes"] if type(box) is PathPatch], face)),
    (Axes, "violinplot", lambda r, a, k: each(r["bodies"], first_face)),
    (Axes, "hist", lambda r, a, k: histogram(r)),
    (PolarAxes, "plot", lambda r, a, k: each(r, lambda line: line.get_color(), "_polar")),
    (Axes, "quiver", lambda r, a, k: last(r.get_facecolors().tolist(), r)),
    (Axes, "imshow", lambda r, a, k: mapped(r)),
    (Axes, "pcolor", lambda r, a, k: mapped(r)),
    (Axes, "contour", lambda r, a, k: mapped(r)),
    (Axes, "contourf", lambda r, a, k: mapped(r)),
    (Axes, "tripcolor", lambda r, a, k: mapped(r)),
    (Axes, "fill", lambda r, a, k: each(r, face)),
    (NonUniformImage, "__init__", initialised(NonUniformImage, mapped)),
    (Ellipse, "__init__", initialised(Ellipse, lambda thing: each([thing], face))),
    (Axes, "broken_barh", lambda r, a, k: last(r.get_facecolors().tolist(), r)),
    (squarify, "plot", lambda r, a, k: [row for box in r.containers for row in each(box, face, "_squarify")]),
    (Axes3D, "scatter", lambda r, a, k: solid(r, k, lambda: last(r.get_facecolors().tolist(), r, "_3d"))),
    (Axes3D, "plot", lambda r, a, k: each(r, lambda line: line.get_color(), "_3d")),
    (Axes3D, "plot_surface",
     lambda r, a, k: solid(r, k, lambda: [("_3d", text_of(r.get_facecolors().tolist()[0]), r)])),
    (Axes3D, "bar3d", lambda r, a, k: [("_3d", text_of(r.get_facecolors().tolist()[0]), r)]),
    (Axes3D, "bar", lambda r, a, k: each(r, lambda bar: bar.get_facecolor(), "_3d")),
    (Axes3D, "add_collection3d", lambda r, a, k: last(r.get_facecolors().tolist(), r, "_3d")),
    (VennDiagram, "__init__",
     initialised(VennDiagram, lambda venn: last([patch.get_facecolor() for patch in venn.patches], venn))),
    (Circle, "__init__", initialised(Circle, lambda thing: each([thing], face))),
]


def edges(result):
    if type(result) is list:
        return last([line.get_facecolor() for line in result], result)
    return last(result.get_edgecolors().tolist(), result)


NETWORKS = [
    ("draw_networkx_nodes", lambda r, a, k: last(r.get_facecolors().tolist(), r)),
    ("draw_networkx_edges", lambda r, a, k: edges(r)),
    ("draw_networkx_labels", lambda r, a, k: each(r.values(), lambda text: text.get_color())),
]

COUNTED = {
    Axes: "bar barh plot axhline axvline axvspan axhspan hlines vlines errorbar boxplot violinplot violin hist "
          "fill_between fill_betweenx scatter quiver pie fill imshow pcolor contour contourf broken_barh tripcolor",
    Axes3D: "scatter plot plot_surface bar3d bar add_collection3d",
    squarify: "plot",
    NonUniformImage: "__init__",
    Ellipse: "__init__",
    VennDiagram: "__init__",
    Circle: "__init__",
}


def own(owner, name):
    return owner.__dict__[name] if name in owner.__dict__ else getattr(owner, name)


def install():
    """Wraps everything, colours inside, counters outside; names and files are those of the unwrapped functions."""
    counted = [(owner, name, own(owner, name)) for owner, names in COUNTED.items() for name in names.split()]
    for owner, name, rule in RULES:
        colour(owner, name, rule)
    for name, rule in NETWORKS:
        original = getattr(nx_pylab, name)
        for owner in (nx_pylab, networkx):
            colour(owner, name, rule)
            count(owner, name, original, f"{file_of(original)}/{name}-{name}")
    for owner, name, original in counted:
        count(owner, name, original)
    # PolarAxes has a coloured `plot` of its own by now; to the counters it is the inherited one.
    count(PolarAxes, "plot", dict(((o, n), f) for o, n, f in counted)[Axes, "plot"])


def again(name, thing):
    """The colours of a thing as they are at the end: later changes count."""
    prefix, value = name.split("--")[:2]
    is_3d = "3d" in prefix

    def rows(values, suffix=""):
        return [f"{prefix}{suffix}--{text_of(one)}" for one in values]

    def mapping():
        return [f"{prefix}--{thing.get_cmap().name}"]

    if any(part in prefix for part in ("/_makeline", "/axhline", "/axvline")):
        return rows([thing.get_color()])
    if "/_fill_between_x_or_y" in prefix:
        return rows([list(thing.get_facecolors()[0])])
    if "/bar" in prefix and "_3d" not in prefix:
        return rows([list(thing._original_facecolor)])
    if "/scatter" in prefix and "polar" not in prefix and not is_3d:
        return [name] if not value.startswith("#") else rows([first_face(thing)] if len(thing.get_facecolor()) else [])
    if any(part in prefix for part in ("/pie", "/axvspan", "/axhspan")):
        return rows([thing.get_facecolor()])
    if "/hlines" in prefix or "/vlines" in prefix:
        return rows([list(one) for one in thing.get_edgecolors()])
    if "/boxplot" in prefix or "/hist" in prefix:
        return rows([face(thing)])
    if "/violinplot" in prefix:
        return rows([first_face(thing)])
    if "/quiver" in prefix:
        return rows(thing.get_facecolors().tolist())
    if "/plot" in prefix and "polar" in prefix:
        return rows([thing.get_color()], "_polar")
    if "/scatter" in prefix and "polar" in prefix:
        if not value.startswith("#"):
            return [f"{prefix}_polar--{value}"]
        return rows([first_face(thing)] if len(thing.get_facecolor()) else [], "_polar")
    if "/plot" in prefix and "_squarify" in prefix:
        return rows([face(thing)])
    if any(part in prefix for part in ("/imshow", "/pcolor", "/contour")):
        return mapping()
    if "/fill" in prefix:
        return rows([face(thing)])
    if "/__init__" in prefix and type(thing) is NonUniformImage:
        return mapping()
    if "/broken_barh" in prefix:
        return rows(thing.get_facecolors().tolist())
    if "/__init__" in prefix and type(thing) in (Ellipse, Circle):
        return rows([thing.get_facecolor()])
    if "/tripcolor" in prefix:
        return mapping()
    if "/__init__" in prefix and type(thing) is VennDiagram:
        return rows([patch.get_facecolor() for patch in thing.patches])
    if "/scatter" in prefix and is_3d:
        return [f"{prefix}_3d--{value}"] if not value.startswith("#") else rows(thing.get_facecolors().tolist(), "_3d")
    if "/plot" in prefix and is_3d and "plot_surface" not in prefix:
        return rows([thing.get_color()], "_3d")
    if "/plot_surface" in prefix:
        return [f"{prefix}_3d--{value}"] if not value.startswith("#") else rows(thing.get_facecolors().tolist()[:1], "_3d")
    if "/bar3d" in prefix:
        return rows(thing.get_facecolors().tolist()[:1], "_3d")
    if "/bar" in prefix and is_3d:
        return rows([thing.get_facecolor()], "_3d")
    if "/add_collection3d" in prefix:
        return rows(thing.get_facecolors().tolist(), "_3d")
    if "/draw_networkx_labels" in prefix:
        return rows([thing.get_color()])
    if "/draw_networkx_edges" in prefix:
        return rows([line.get_facecolor() for line in thing] if type(thing) is list else thing.get_edgecolors().tolist())
    if "/draw_networkx_nodes" in prefix:
        return rows(thing.get_facecolors().tolist())
    return []


def colours(book):
    """Each `<function>--<colour>` once, in the order of first appearance; nothing at all where one cannot be read."""
    found = {}
    try:
        for name, thing in book.items():
            for row in again(name, thing):
                found[row] = None
    except Exception:
        return []
    return list(found)


def layout(figure, graph):
    rows = []
    for axes in figure.axes:
        if graph:
            rows.append([1, 1, 0, 1, 0, 1])
            continue
        spec = axes.get_subplotspec()
        if spec is None:
            continue
        height, width = spec.get_gridspec().get_geometry()
        rows.append([height, width, spec.rowspan.start, spec.rowspan.stop - 1, spec.colspan.start, spec.colspan.stop - 1])
    return rows
