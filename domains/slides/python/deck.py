"""Runs one program and reports the deck that it saved, with the place of the program behind everything on it.

The answer of `run` is a length (4 bytes, little endian), that much JSON, and the deck's bytes.
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
import zipfile

import lxml.etree
import PIL.Image
import pptx
import pptx.chart.data
import pptx.dml.color
import pptx.enum.chart
import pptx.enum.dml
import pptx.enum.shapes
import pptx.enum.text
import pptx.opc.serialized
import pptx.oxml
import pptx.oxml.ns
import pptx.util
import xlsxwriter
from pptx.presentation import Presentation

import galley_spans as spans
import galley_walk as walking

# The last deck that was saved.
SAVED = {}
# What the report relies on: (owner, name, value, code).
GUARDED = []
# A deck that is not saved is looked for under these names first.
NAMES = ("prs", "presentation", "deck")
# Pictures that a program finds in its folder, each drawn here: name, size, colours of its corners.
PICTURES = (
    ("photo.png", (320, 240), ((30, 87, 153), (125, 185, 232), (32, 124, 202), (240, 248, 255))),
    ("photo.jpg", (320, 240), ((180, 83, 9), (253, 230, 138), (217, 119, 6), (255, 251, 235))),
    ("portrait.png", (180, 320), ((20, 83, 45), (187, 247, 208), (22, 163, 74), (240, 253, 244))),
    ("logo.png", (128, 128), ((124, 58, 237), (196, 181, 253), (109, 40, 217), (237, 233, 254))),
)
FILES = {}


def warm():
    """Imports are done; a deck is made once, so that templates are read and caches filled. Says what it is made of."""
    for name, size, corners in PICTURES:
        small = PIL.Image.new("RGB", (2, 2))
        small.putdata(corners)
        stream = io.BytesIO()
        small.resize(size, PIL.Image.BILINEAR).save(stream, PIL.Image.registered_extensions()["." + name.split(".")[1]])
        FILES[name] = stream.getvalue()
    spans.install()
    hook()
    GUARDED.extend(guarded())
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "warm"
    slide.shapes.add_table(2, 2, 0, 0, 914400, 914400).table.cell(0, 0).text = "warm"
    data = pptx.chart.data.CategoryChartData()
    data.categories = ["a"]
    data.add_series("b", (1,))
    slide.shapes.add_chart(pptx.enum.chart.XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, 914400, 914400, data)
    slide.shapes.add_picture(io.BytesIO(FILES["logo.png"]), 0, 0)
    deck.save(io.BytesIO())
    for table in (SAVED, spans.MADE, spans.WRITTEN, spans._positions):
        table.clear()
    packages = {"python-pptx": pptx, "lxml": lxml.etree, "pillow": PIL, "xlsxwriter": xlsxwriter}
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        **{name: str(package.__version__) for name, package in packages.items()},
    }


def guarded():
    """The functions that listen and report, as they are before any program runs."""
    ours = (spans, walking, sys.modules[__name__])
    rows = [
        (owner, name, value, getattr(value, "__code__", None))
        for owner in ours
        for name, value in list(vars(owner).items())
        if callable(value)
    ]
    rows += [(owner, name, getattr(owner, name), None) for owner, name in ((json, "dumps"), (struct, "pack"), (os, "write"))]
    return rows


def replaced():
    """The name of something guarded that is not what it was; None for honest programs."""
    for owner, name, value, code in GUARDED:
        now = vars(owner).get(name)
        if now is not value or (code is not None and now.__code__ is not code):
            return f"{getattr(owner, '__name__', owner)}.{name}"
    return None


def stored(writer):
    """A deck is read once and thrown away: nothing in it is compressed."""
    return zipfile.ZipFile(writer._pkg_file, "w", compression=zipfile.ZIP_STORED, strict_timestamps=False)


def hook():
    """A deck is what a program saves; the last one counts. Its file is written as well."""
    save = Presentation.save
    # Named after the property that it takes the place of: its name is where the value is kept.
    stored.__name__ = "_zipf"
    writer = pptx.opc.serialized._ZipPkgWriter
    writer._zipf = pptx.util.lazyproperty(stored)

    def noted(self, file):
        stream = io.BytesIO()
        before, spans.SAVING[0] = spans.SAVING[0], True
        try:
            save(self, stream)
            slides = [places(slide) for slide in self.slides]
        finally:
            spans.SAVING[0] = before
        data = stream.getvalue()
        if isinstance(file, (str, os.PathLike)):
            with open(file, "wb") as out:
                out.write(data)
        else:
            file.write(data)
        SAVED.update(deck=data, slides=slides)

    Presentation.save = noted


def places(slide):
    """The place behind the slide, and those behind what is on it, in the order of the walk."""
    found = []
    for element, _ in walking.walk(slide.shapes._spTree):
        if element.tag in walking.SHAPES:
            placeholder = element.find("*/*/" + walking.P + "ph") is not None
            found.append(spans.resolve(spans.place_of_shape(element, placeholder)))
        else:
            found.append(spans.resolve(spans.place_of(element)))
    return {"at": spans.resolve(slide_place(slide)), "shapes": found}


def slide_place(slide):
    """Who added the slide: whoever put it into the list of slides."""
    presentation = slide.part.package.presentation_part
    for entry in presentation._element.sldIdLst if presentation._element.sldIdLst is not None else ():
        if presentation.related_part(entry.rId) is slide.part:
            return spans.MADE.get(entry)
    return None


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
        try:
            exec(code, module.__dict__)
        except SystemExit:
            pass
        if not SAVED:
            keep(vars(module))
    except BaseException as error:
        return fault_of(error)
    return None


def keep(names):
    """Saves the deck of a program that does not: the one under a usual name, or the only one."""
    decks = {name: value for name, value in names.items() if isinstance(value, Presentation)}
    usual = [decks[name] for name in NAMES if name in decks]
    if usual or len(decks) == 1:
        (usual or list(decks.values()))[0].save(io.BytesIO())


def prepare(job):
    """The same start for every program: no arguments, no warnings, fixed random numbers, a few pictures."""
    source = job["source"]
    sys.argv = [spans.PROGRAM]
    # The process is short-lived; a collector would only walk over what the interpreter holds.
    gc.disable()
    warnings.simplefilter("ignore")
    random.seed(0)
    for name, data in FILES.items():
        with open(name, "wb") as out:
            out.write(data)
    linecache.cache[spans.PROGRAM] = (len(source), None, source.splitlines(True), spans.PROGRAM)
    return source


def run(job, write):
    fault = execute(prepare(job))
    changed = replaced()
    if fault is None and changed:
        message = f"the program replaces {changed}, which its measurement relies on"
        fault = {"kind": "runtime", "message": message, "at": None}
    if fault is None and not SAVED:
        fault = {"kind": "blank", "message": "the program saves no deck", "at": None}
    answer = {"nonce": job["nonce"], "fault": fault, "slides": []}
    deck = b""
    if fault is None:
        deck = SAVED["deck"]
        answer["slides"] = SAVED["slides"]
    head = json.dumps(answer).encode()
    write(struct.pack("<I", len(head)) + head)
    write(deck)
