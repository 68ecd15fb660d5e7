"""The rows of tables as they are drawn: LibreOffice makes one higher where its text does not fit, and what lies below
moves down."""

import ctypes

import pypdfium2.raw as pdfium

from galley_frames import cell_frames, columns, number, rows
from galley_walk import A

# Points that an edge may be off.
SLACK = 1.0
# A cell's lower margin where the file says none, and what is below a line's letters, in sizes of the font.
MARGIN, DESCENT = 3.6, 0.2
MOST = 20_000


def boxes(page, height):
    """Boxes of the areas and lines of a page, in points from its left upper corner."""
    found = []
    edges = [ctypes.c_float() for _ in range(4)]
    for at in range(min(pdfium.FPDFPage_CountObjects(page), MOST)):
        one = pdfium.FPDFPage_GetObject(page, at)
        if pdfium.FPDFPageObj_GetType(one) == pdfium.FPDF_PAGEOBJ_PATH and pdfium.FPDFPageObj_GetBounds(one, *edges):
            left, bottom, right, top = (edge.value for edge in edges)
            found.append((left, height - top, right, height - bottom))
    return found


def heights(element, left, top, scale, areas, inks):
    """The height of each row of a table in the file's units.

    `left`, `top`: its corner, in the file's units; `scale`: points in such a unit; `areas`: what `boxes` found; `inks`:
    (ink in points, size in points) by cell.
    """
    edges = [left * scale]
    for width in columns(element):
        edges.append(edges[-1] + width * scale)
    y, found = top * scale, []
    for row in rows(element):
        declared = number(row, "h") * scale
        drawn = filled(areas, edges, y, declared)
        high = drawn if drawn is not None else max(declared, needed(row, y, inks))
        found.append(high / scale)
        y += high
    return found


def filled(areas, edges, y, least):
    """The height of the cells that are painted with their upper edge at `y`; None where none is."""
    found = [
        bottom - top
        for left, top, right, bottom in areas
        if abs(top - y) < SLACK and bottom - top > least - SLACK
        and any(abs(left - a) < SLACK and abs(right - b) < SLACK for a, b in zip(edges, edges[1:]))
    ]
    return min(found, default=None)


def needed(row, y, inks):
    most = 0.0
    for cell in row.iterfind(A + "tc"):
        ink, size = inks.get(cell, (None, 0.0))
        if ink is not None and int(number(cell, "rowSpan") or 1) == 1:
            properties = cell.find(A + "tcPr")
            said = properties is not None and properties.get("marB") is not None
            margin = number(properties, "marB") / 12700 if said else MARGIN
            most = max(most, ink[3] + size * DESCENT + margin - y)
    return most
