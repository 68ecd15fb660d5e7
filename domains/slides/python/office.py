"""Draws one deck and reports its pictures, its shapes and where their texts are.

The answer of `run` is a length (4 bytes, little endian), that much JSON, and the pictures: rows of RGB, slide after slide.
A deck is data that nobody vouches for; the whole process is confined.
"""

import base64
import ctypes
import gc
import hashlib
import io
import json
import os
import shutil
import struct
import sys
import zipfile

import pptx
import pypdfium2
import pypdfium2.raw as pdfium
from pypdfium2.version import PDFIUM_INFO
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE

import galley_kit as kits
import galley_scene as scene
import galley_walk as walking

OFFICE = {}


class Unfit(Exception):
    """A deck that is not drawn, and the kind of its fault."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def warm():
    """Starts LibreOffice and converts a small deck, so that fonts and filters are there. Says what it is made of."""
    # What a deck leaves in cycles is collected now and then, not in the middle of each.
    gc.set_threshold(100_000, 20, 100)
    OFFICE["kit"] = kits.Kit(os.environ["GALLEY_OFFICE"], os.path.join(os.environ["HOME"], "profile"))
    pypdfium2.PdfDocument.new().close()
    stream = io.BytesIO()
    sample(stream)
    folder = os.path.join(os.environ["HOME"], "job")
    os.mkdir(folder)
    os.chdir(folder)
    parts = []
    run({"deck": base64.b64encode(stream.getvalue()).decode(), "width": 960, "most": 8, "unpacked": 1 << 28, "first": False}, parts.append)
    os.chdir(os.environ["HOME"])
    shutil.rmtree(folder)
    answer = json.loads(parts[0][4:])
    if answer["fault"]:
        raise RuntimeError(answer["fault"]["message"])
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        "office": OFFICE["kit"].version(),
        "fonts": fonts(),
        "pdfium": str(PDFIUM_INFO.build),
        "python-pptx": pptx.__version__,
    }


def fonts():
    """A hash of the fonts' names and sizes: another font is another picture."""
    found = []
    for folder in ("/usr/share/fonts", "/usr/local/share/fonts"):
        for place, _, names in os.walk(folder):
            found += [(name, os.path.getsize(os.path.join(place, name))) for name in names]
    return hashlib.sha256(repr(sorted(found)).encode()).hexdigest()[:8]


def sample(stream):
    """A deck with a little of everything that takes LibreOffice time at first."""
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Warm \u6e29 \u2600"
    slide.placeholders[1].text = "one\ntwo"
    slide.shapes.add_table(2, 2, 0, 0, 1828800, 914400).table.cell(0, 0).text = "warm"
    data = CategoryChartData()
    data.categories = ["a", "b"]
    data.add_series("c", (1, 2))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 914400, 914400, 2743200, 1828800, data)
    deck.save(stream)


def run(job, write):
    try:
        answer, pictures = draw(job)
    except Unfit as error:
        answer, pictures = {"fault": {"kind": error.kind, "message": str(error)}}, []
    except MemoryError:
        answer, pictures = {"fault": {"kind": "limit", "message": "drawing the deck takes too much memory"}}, []
    head = json.dumps(answer).encode()
    write(struct.pack("<I", len(head)) + head)
    for picture in pictures:
        write(picture)


def draw(job):
    data = base64.b64decode(job["deck"])
    fit(data, job["unpacked"])
    try:
        deck = pptx.Presentation(io.BytesIO(data))
        slides = [(at, slide) for at, slide in enumerate(deck.slides) if slide._element.get("show") not in ("0", "false")]
        size = (float(deck.slide_width), float(deck.slide_height))
    except Exception as error:
        raise Unfit("runtime", f"the deck cannot be read: {type(error).__name__}: {str(error)[:500]}") from None
    if not slides:
        raise Unfit("blank", "the deck has no slide to show")
    if len(slides) > job["most"] and not job["first"]:
        raise Unfit("limit", f"the deck has {len(slides)} slides; {job['most']} at most are drawn")
    if not (0.02 < size[0] / size[1] < 50):
        raise Unfit("limit", f"slides of {size[0]:.0f} x {size[1]:.0f} are no picture")
    changed = without_dates(slides)
    if job["first"] and len(deck.slides) > 1:
        changed, slides = only(deck, slides[0]), slides[:1]
    if changed:
        stream = io.BytesIO()
        deck.save(stream)
        data = stream.getvalue()
    return pictures(convert(data), slides, size, job["width"])


def fit(data, unpacked):
    """A deck is a zip file that does not blow up."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
    except Exception as error:
        raise Unfit("runtime", f"the deck cannot be read: {type(error).__name__}: {str(error)[:500]}") from None
    if size > unpacked:
        raise Unfit("limit", f"the deck unpacks to {size >> 20} MB")


def without_dates(slides):
    """Fields that show today's date keep the text that they were saved with: a picture does not depend on the day."""
    found = False
    for _, slide in slides:
        for owner in (slide, slide.slide_layout, slide.slide_layout.slide_master):
            for field in list(owner._element.iter(walking.A + "fld")):
                if field.get("type", "").startswith("datetime"):
                    field.tag = walking.A + "r"
                    field.attrib.clear()
                    for child in field.findall(walking.A + "pPr"):
                        field.remove(child)
                    found = True
    return found


def only(deck, slide):
    """Leaves one slide of a deck."""
    entries = deck.part._element.sldIdLst
    for at, entry in reversed(list(enumerate(entries))):
        if at != slide[0]:
            deck.part.drop_rel(entry.rId)
            entries.remove(entry)
    return True


def convert(data):
    with open("deck.pptx", "wb") as out:
        out.write(data)
    problem = OFFICE["kit"].convert(os.path.abspath("deck.pptx"), os.path.abspath("deck.pdf"))
    if problem is not None:
        raise Unfit("runtime", f"LibreOffice cannot show the deck: {problem[:500]}")
    with open("deck.pdf", "rb") as written:
        return written.read()


def pictures(pdf, slides, size, width):
    """The answer, and one picture a slide."""
    height = round(width * size[1] / size[0])
    document = pypdfium2.PdfDocument(pdf)
    try:
        if len(document) != len(slides):
            raise Unfit("runtime", f"LibreOffice shows {len(document)} of {len(slides)} slides")
        found, pixels = [], []
        for (index, slide), page in zip(slides, document):
            pixels.append(picture(page.raw, width, height))
            found.append({"index": index, **scene.read(slide, index, page.raw, page.get_height(), size, width)})
        answer = {"fault": None, "width": width, "height": height, "scale": width / (size[0] / 12700), "slides": found}
        return answer, pixels
    finally:
        document.close()


def picture(page, width, height):
    """Rows of RGB on white."""
    pixels = bytearray(b"\xff") * (width * height * 3)
    buffer = (ctypes.c_ubyte * len(pixels)).from_buffer(pixels)
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGR, buffer, width * 3)
    # The channels are written in the order that we want.
    pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, pdfium.FPDF_ANNOT | pdfium.FPDF_REVERSE_BYTE_ORDER)
    pdfium.FPDFBitmap_Destroy(bitmap)
    del buffer
    return bytes(pixels)
