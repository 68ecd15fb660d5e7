"""Runs one chart program and reports its picture, its elements and its records.

The answer of `run` is a length (4 bytes, little endian), that much JSON, and the picture: rows of RGBA.
"""

import gc
import io
import json
import linecache
import os
import random
import struct
import sys
import traceback
import types
import warnings

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import mpl_toolkits.mplot3d
import networkx
import numpy as np
import pandas
import scipy
import scipy.stats
import seaborn
from matplotlib.backend_bases import FigureCanvasBase, register_backend
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure

import galley_boxes as boxes
import galley_chartmimic as chartmimic
import galley_data as data
import galley_looks as looks
import galley_regions as regions
import galley_spans as spans

# What the program has shown, and what it was asked for.
SHOWN, SETTINGS = {}, {}
# What the measurement relies on: (owner, name, value, code).
GUARDED = []


def warm():
    """Imports are done; draws once, so that fonts are found and caches filled. Says what it is made of."""
    figure, axes = plt.subplots(1, 2)
    axes[0].plot([1, 2], label="$x^2$")
    axes[0].set_title("warm", fontweight="bold")
    axes[0].legend()
    axes[1].bar(["a", "b"], [1, 2])
    figure.text(0.5, 0.5, "warm", style="italic")
    figure.tight_layout()
    figure.savefig(io.BytesIO(), format="raw", bbox_inches="tight")
    plt.close("all")
    matplotlib.rcdefaults()
    matplotlib.rcParams["backend"] = "agg"
    spans.install()
    regions.install()
    chartmimic.install()
    hook()
    GUARDED.extend(guarded())
    figure, axes = plt.subplots()
    axes.scatter([1, 2], [1, 2])
    SETTINGS.update(dpi=None, pixels=1 << 22, ticks=True)
    show(figure, {"bbox_inches": "tight"}, "pdf")
    records()
    plt.close("all")
    forget()
    packages = (matplotlib, np, pandas, scipy, seaborn, networkx)
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        **{package.__name__: package.__version__ for package in packages},
        "fonts": len(matplotlib.font_manager.fontManager.ttflist),
    }


def forget():
    for table in (SHOWN, spans.ARTISTS, spans.TEXTS, spans.TICKS, spans.GRIDS, spans.LIMITS):
        table.clear()
    for log in (chartmimic.CALLS, chartmimic.COLOURS):
        log.__init__()


def guarded():
    """The functions that draw, listen, count and report, as they are before any program runs."""
    ours = (spans, boxes, data, looks, regions, chartmimic, sys.modules[__name__], regions.Recorder, Texts, Trial)
    owners = [*ours, RendererAgg, FigureCanvasAgg, Figure, *regions.CLASSES]
    owners += [owner for owner, *_ in chartmimic.RULES] + [chartmimic.nx_pylab, networkx]
    rows = []
    for owner in dict.fromkeys(owners):
        for name, value in list(vars(owner).items()):
            mine = owner in ours or name in ("draw", "__init__") or hasattr(value, "__wrapped__")
            mine = name.startswith("draw_networkx_") if owner in (networkx, chartmimic.nx_pylab) else mine
            if callable(value) and mine:
                rows.append((owner, name, value, getattr(value, "__code__", None)))
    for owner, name in ((json, "dumps"), (struct, "pack"), (os, "write"), (os, "_exit"), (np, "asarray")):
        rows.append((owner, name, getattr(owner, name), None))
    return rows


def replaced():
    """The name of something guarded that is not what it was; None for honest programs."""
    for owner, name, value, code in GUARDED:
        now = vars(owner).get(name)
        if now is not value or (code is not None and now.__code__ is not code):
            return f"{getattr(owner, '__name__', owner)}.{name}"
    return None


def hook():
    """A program is shown when it saves or shows a figure for the first time."""
    save, disabled = Figure.savefig, RendererAgg._draw_disabled

    def savefig(self, fname, *args, **kwargs):
        """Writes no file: the picture goes to the recorder. A stream gets its bytes as well."""
        if not isinstance(fname, (str, os.PathLike)):
            show(self, kwargs, "png")
            return save(self, fname, *args, **kwargs)
        kind = kwargs.get("format") or os.path.splitext(os.fspath(fname))[1][1:] or matplotlib.rcParams["savefig.format"]
        if kind.lower() not in FigureCanvasBase.filetypes:
            return save(self, fname, *args, **kwargs)
        return show(self, kwargs, kind.lower())

    def draw_disabled(self):
        """A trial draw settles the layout; what has no text need not take part."""
        return Trial(disabled(self))

    register_backend("galley", "matplotlib.backends.backend_agg", "the picture of a program")
    SETTINGS["save"] = save
    FigureCanvasAgg.print_galley = print_galley
    FigureCanvasAgg.draw_idle = lambda self, *args, **kwargs: None
    RendererAgg._draw_disabled = draw_disabled
    Figure.savefig = savefig
    Figure.show = lambda self, *args, **kwargs: show(self, {}, "png")
    plt.show = lambda *args, **kwargs: show(plt.gcf(), {}, "png") if plt.get_fignums() else None


class Trial:
    """The context of a trial draw."""

    def __init__(self, inner):
        self.inner = inner

    def __enter__(self):
        self.before, regions.LISTENER[0] = regions.LISTENER[0], regions.TEXTS_ONLY
        return self.inner.__enter__()

    def __exit__(self, *error):
        regions.LISTENER[0] = self.before
        return self.inner.__exit__(*error)


def print_galley(self, out, **_):
    """A format of savefig: draws, listens, and keeps the pixels."""
    # Not whole: texts are placed by the exact height.
    width, height = self.figure.bbox.size
    if width * height > SETTINGS["pixels"]:
        raise ValueError(f"a picture of {width:.0f} x {height:.0f} pixels is too large")
    renderer = RendererAgg(width, height, self.figure.dpi)
    real = renderer._renderer
    recorder = regions.Recorder(real, width, height, self.figure.dpi)
    renderer._renderer = recorder
    renderer._update_methods()
    self.renderer = renderer
    before, regions.LISTENER[0] = regions.LISTENER[0], recorder
    try:
        self.figure.draw(renderer)
    finally:
        regions.LISTENER[0] = before
        renderer._renderer = real
        renderer._update_methods()
    out["size"], out["pixels"] = (int(width), int(height)), memoryview(real)
    out["elements"] = looks.report(recorder, self.figure.dpi)


class Texts(RendererAgg):
    """Draws nothing and remembers what is written."""

    def __init__(self, dpi):
        super().__init__(1, 1, dpi)
        self.found = []

    def get_canvas_width_height(self):
        return self.size

    def draw_text(self, gc, x, y, s, *args, **kwargs):
        self.found.append(str(s)[:2000])

    def _update_methods(self):
        for name in ("gouraud_triangle", "gouraud_triangles", "image", "markers", "path_collection", "quad_mesh"):
            setattr(self, f"draw_{name}", chartmimic.nothing)

    def draw_path(self, *args, **kwargs):
        pass

    def draw_tex(self, *args, **kwargs):
        pass


def texts(figure, without_ticks):
    """What a save to PDF writes, line by line; the evaluator takes the ticks of x and y away first."""
    renderer = Texts(figure.dpi)
    renderer.width, renderer.height = renderer.size = figure.bbox.size
    kept = []
    if without_ticks:
        for axes in plt.gcf().get_axes():
            kept += [(ticker, dict(ticker.__dict__)) for ticker in (axes.xaxis.major, axes.yaxis.major)]
            axes.set_xticks([])
            axes.set_yticks([])
    before, regions.LISTENER[0] = regions.LISTENER[0], regions.TEXTS_ONLY
    try:
        with figure._cm_set(layout_engine="none"):
            figure.draw(renderer)
    finally:
        regions.LISTENER[0] = before
        for ticker, state in reversed(kept):
            ticker.__dict__.update(state)
    return renderer.found


def show(figure, kwargs, kind):
    """The first figure that is shown is the picture; every save to PDF is read as the evaluator reads it."""
    drawing, spans.DRAWING[0] = spans.DRAWING[0], True
    try:
        first = "pixels" not in SHOWN
        if first:
            names = ("dpi", "facecolor", "edgecolor", "bbox_inches", "pad_inches", "transparent", "bbox_extra_artists")
            options = {name: kwargs[name] for name in names if name in kwargs}
            if SETTINGS["dpi"]:
                options["dpi"] = SETTINGS["dpi"]
            SETTINGS["save"](figure, SHOWN, format="galley", **options)
            SHOWN["layout"] = chartmimic.layout(plt.gcf(), False)
            SHOWN["texts"] = texts(figure, True)
        if kind == "pdf":
            fresh = SHOWN["texts"] if first and SETTINGS["ticks"] else texts(figure, SETTINGS["ticks"])
            SHOWN.setdefault("saved", []).extend(fresh)
    finally:
        spans.DRAWING[0] = drawing


def records():
    """What the metrics need: as the official evaluators take it, and as it is seen when the picture is taken."""
    current = plt.gcf()
    return {
        "official": {
            "text": SHOWN.get("saved", SHOWN.get("texts", [])),
            "layout": chartmimic.layout(current, False),
            "graph_layout": chartmimic.layout(current, True),
            "type": chartmimic.CALLS.official,
            "color": chartmimic.colours(chartmimic.COLOURS.official),
        },
        "sound": {
            "text": SHOWN.get("texts", []),
            "layout": SHOWN.get("layout", []),
            "type": chartmimic.CALLS.sound,
            "color": chartmimic.colours(chartmimic.COLOURS.sound),
        },
    }


def fault_of(error):
    """The traceback of the program's own frames, and where it stands."""
    if isinstance(error, SyntaxError) and error.filename == spans.PROGRAM and error.__traceback__.tb_next is None:
        message = "".join(traceback.format_exception_only(type(error), error)).strip()
        # Offsets of syntax errors count characters from 1; ours count bytes from 0.
        before = (error.text or "")[:max((error.offset or 1) - 1, 0)]
        line = error.lineno or 1
        return {"kind": "syntax", "message": message, "at": [line, len(before.encode()), max(error.end_lineno or line, line), -1]}
    stack, place = [], None
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == spans.PROGRAM:
            stack.append((frame, line))
    links = error.__traceback__
    while links is not None:
        if links.tb_frame.f_code.co_filename == spans.PROGRAM:
            place = spans.resolve((links.tb_frame.f_code, links.tb_lasti))
        links = links.tb_next
    lines = traceback.StackSummary.extract(iter(stack)).format() if stack else []
    said = "".join(traceback.format_exception_only(type(error), error)).strip()
    head = ["Traceback (most recent call last):\n"] if lines else []
    kind = "limit" if isinstance(error, MemoryError) else "runtime"
    return {"kind": kind, "message": "".join(head + lines)[-4000:] + said[-4000:], "at": place}


def execute(source):
    """Runs the program; None, or what went wrong."""
    try:
        code = compile(source, spans.PROGRAM, "exec", dont_inherit=True)
    except SyntaxError as error:
        error.__traceback__ = error.__traceback__.tb_next or error.__traceback__
        return {**fault_of(error), "kind": "syntax"}
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return {"kind": "syntax", "message": f"{type(error).__name__}: {error}", "at": None}
    module = types.ModuleType("__main__")
    module.__file__ = spans.PROGRAM
    sys.modules["__main__"] = module
    try:
        exec(code, module.__dict__)
        if "pixels" not in SHOWN and plt.get_fignums():
            show(plt.gcf(), {}, "png")
    except SystemExit:
        if "pixels" not in SHOWN and plt.get_fignums():
            show(plt.gcf(), {}, "png")
    except BaseException as error:
        return fault_of(error)
    return None


def prepare(job):
    """The same start for every program: no arguments, no warnings, fixed random numbers."""
    source = job["source"]
    SETTINGS.update(dpi=job["dpi"], pixels=job["pixels"], ticks="plt.savefig" in source)
    sys.argv = [spans.PROGRAM]
    # The process is short-lived; a collector would only walk over what the interpreter holds.
    gc.disable()
    warnings.simplefilter("ignore")
    random.seed(0)
    np.random.seed(0)
    np.random.bit_generator.randbits = lambda bits: 0
    linecache.cache[spans.PROGRAM] = (len(source), None, source.splitlines(True), spans.PROGRAM)
    return source


def run(job, write):
    fault = execute(prepare(job))
    changed = replaced()
    if fault is None and changed:
        message = f"the program replaces {changed}, which its measurement relies on"
        fault = {"kind": "runtime", "message": message, "at": None}
    answer = {"nonce": job["nonce"], "fault": fault, "size": None, "elements": [], "records": None}
    pixels = b""
    if fault is None and "pixels" in SHOWN:
        pixels = SHOWN["pixels"]
        answer.update(size=SHOWN["size"], elements=SHOWN["elements"], records=records())
    elif fault is None:
        answer["fault"] = {"kind": "blank", "message": "the program draws no figure", "at": None}
    head = json.dumps(answer).encode()
    write(struct.pack("<I", len(head)) + head)
    write(pixels)
