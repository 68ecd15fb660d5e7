"""One order of everything on a slide: the interpreter of programs and the office both count along it.

A shape, then what is in it, in paint order; cells of a table row by row, paragraphs of a text, runs of a paragraph.
"""

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
SHAPES = {P + name for name in ("sp", "pic", "graphicFrame", "cxnSp", "grpSp")}
# What comes after so many is left out; no deck that anybody reads has more on a slide.
MOST = 4000


def walk(tree):
    """(element, parent) of everything below `p:spTree`; the parent is an index into the same list, or None."""
    found = []
    shapes(tree, None, found)
    return found


def shapes(tree, parent, found, depth=0):
    for element in tree:
        if element.tag not in SHAPES or len(found) >= MOST:
            continue
        own = len(found)
        found.append((element, parent))
        if element.tag == P + "grpSp":
            if depth < 32:
                shapes(element, own, found, depth + 1)
        elif element.tag == P + "sp":
            paragraphs(element.find(P + "txBody"), own, found)
        elif element.tag == P + "graphicFrame":
            table = element.find(A + "graphic/" + A + "graphicData/" + A + "tbl")
            cells(table, own, found)


def cells(table, parent, found):
    for cell in table.iterfind(A + "tr/" + A + "tc") if table is not None else ():
        if len(found) >= MOST:
            return
        own = len(found)
        found.append((cell, parent))
        paragraphs(cell.find(A + "txBody"), own, found)


def paragraphs(body, parent, found):
    for paragraph in body.iterfind(A + "p") if body is not None else ():
        if len(found) >= MOST:
            return
        own = len(found)
        found.append((paragraph, parent))
        found.extend((run, own) for run in paragraph if run.tag in (A + "r", A + "fld"))
