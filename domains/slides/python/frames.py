"""Where shapes are: from the file's units (914,400 an inch) in nested groups to turned frames on the slide."""

import math

from galley_walk import A, P


TABLE = (A + "graphic", A + "graphicData", A + "tbl")


class Space:
    """A coordinate system on the slide: that of the slide itself, or of what is in a group.

    A point p of it lies at origin + turn(rotation, flip(p * scale)).
    """

    def __init__(self, scale=(1.0, 1.0), rotation=0.0, flips=(False, False), place=lambda x, y: (x, y)):
        self.scale, self.rotation, self.flips, self.place = scale, rotation, flips, place

    def frame(self, left, top, width, height, rotation, flips):
        """Centre, width, height, rotation in degrees clockwise and flips of a frame in this space, on the slide."""
        # A shape on its side is stretched along its own axes as the group is along its.
        sideways = 45 <= rotation % 180 < 135
        across, down = reversed(self.scale) if sideways else self.scale
        centre = self.place(left + width / 2, top + height / 2)
        turned = -rotation if self.flips[0] != self.flips[1] else rotation
        flips = (flips[0] != self.flips[0], flips[1] != self.flips[1])
        return centre, width * across, height * down, self.rotation + turned, flips

    def inside(self, group):
        """The space of what is in `p:grpSp`."""
        transform = group.find(P + "grpSpPr/" + A + "xfrm")
        if transform is None:
            return self
        left, top, width, height, rotation, flips = outer(transform)
        origin, extent = transform.find(A + "chOff"), transform.find(A + "chExt")
        x, y = (number(origin, "x"), number(origin, "y")) if origin is not None else (left, top)
        w, h = (number(extent, "cx"), number(extent, "cy")) if extent is not None else (width, height)
        centre, wide, high, turned, flips = self.frame(left, top, width, height, rotation, flips)
        across, down = (wide / w if w else 1.0), (high / h if h else 1.0)

        def place(px, py):
            return turn(centre, (px - x - w / 2) * across, (py - y - h / 2) * down, turned, flips)

        return Space((across, down), turned, flips, place)


def turn(centre, dx, dy, degrees, flips):
    """The point that lies (dx, dy) from the centre of what is flipped, then turned."""
    dx, dy = (-dx if flips[0] else dx), (-dy if flips[1] else dy)
    angle = math.radians(degrees)
    cosine, sine = math.cos(angle), math.sin(angle)
    return centre[0] + dx * cosine - dy * sine, centre[1] + dx * sine + dy * cosine


def corners(centre, width, height, degrees):
    """Of a turned frame: left upper, right upper, right lower, left lower."""
    halves = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [turn(centre, dx * width / 2, dy * height / 2, degrees, (False, False)) for dx, dy in halves]


def number(element, name):
    try:
        return float(int(element.get(name, "0"))) if element is not None else 0.0
    except ValueError:
        return 0.0


def outer(transform):
    """left, top, width, height, rotation and flips that a transform says; all zero without one."""
    if transform is None:
        return 0.0, 0.0, 0.0, 0.0, 0.0, (False, False)
    offset, extent = transform.find(A + "off"), transform.find(A + "ext")
    flips = tuple(transform.get(name) in ("1", "true") for name in ("flipH", "flipV"))
    return (number(offset, "x"), number(offset, "y"), number(extent, "cx"), number(extent, "cy"),
            number(transform, "rot") / 60000, flips)


def transform_of(element):
    """The transform of a shape; None where a placeholder inherits it."""
    if element.tag == P + "graphicFrame":
        return element.find(P + "xfrm")
    if element.tag == P + "grpSp":
        return element.find(P + "grpSpPr/" + A + "xfrm")
    return element.find(P + "spPr/" + A + "xfrm")


def inherited(element, slide):
    """The transform that a placeholder takes from its layout, or from the master behind it."""
    mark = element.find("*/*/" + P + "ph")
    if mark is None:
        return None
    layout = slide.slide_layout
    above = matching(layout._element, mark, by_index=True)
    found = transform_of(above) if above is not None else None
    if found is not None:
        return found
    above = matching(layout.slide_master._element, above.find("*/*/" + P + "ph") if above is not None else mark, False)
    return transform_of(above) if above is not None else None


BASIC = {"ctrTitle": "title", "subTitle": "body", "obj": "body", "": "body", "tbl": "body", "chart": "body",
         "pic": "body", "media": "body", "clipArt": "body", "dgm": "body"}


def matching(owner, mark, by_index):
    """The placeholder of a layout with the same number, or of a master with the same kind."""
    kind = mark.get("type", "")
    for other in owner.iterfind(P + "cSld/" + P + "spTree/*"):
        own = other.find("*/*/" + P + "ph")
        if own is None:
            continue
        if by_index and own.get("idx", "0") == mark.get("idx", "0"):
            return other
        if not by_index and own.get("type", "") == BASIC.get(kind, kind):
            return other
    return None


def columns(graphic_frame):
    """The widths of a table's columns; none without a table."""
    found = graphic_frame.iterfind("/".join((*TABLE, A + "tblGrid", A + "gridCol")))
    return [number(column, "w") for column in found]


def rows(graphic_frame):
    return graphic_frame.findall("/".join((*TABLE, A + "tr")))


def cell_frames(graphic_frame, heights=None):
    """(a:tc, left, top, width, height) of every cell of a table, in order; merged ones reach over what they cover."""
    widths = columns(graphic_frame)
    heights = heights or [number(row, "h") for row in rows(graphic_frame)]
    found, top = [], 0.0
    for at, row in enumerate(rows(graphic_frame)):
        left = 0.0
        for column, cell in enumerate(row.iterfind(A + "tc")):
            wide = sum(widths[column:column + int(number(cell, "gridSpan") or 1)])
            high = sum(heights[at:at + int(number(cell, "rowSpan") or 1)])
            found.append((cell, left, top, wide, high))
            left += widths[column] if column < len(widths) else 0.0
        top += heights[at]
    return found
