"""Remembers which place of the program put each element into the deck, and which wrote each text.

A place is (code object, offset of the instruction). Everything that python-pptx makes, and everything that a program
makes itself, comes into a deck through one of lxml's inserting calls, so these are what is hooked; the tables keep the
elements alive, and with them their identity.
"""

import functools
import sys

from lxml import etree
from pptx.oxml import xmlchemy
from pptx.table import _Cell
from pptx.text.text import TextFrame, _Paragraph, _Run

PROGRAM = "program.py"
MADE, WRITTEN = {}, {}
# While a deck is written, nobody asks.
SAVING = [False]
_positions = {}


def here():
    """The innermost place of the program on the stack."""
    if SAVING[0]:
        return None
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename == PROGRAM:
            return frame.f_code, frame.f_lasti
        frame = frame.f_back
    return None


def inserting(name, pick):
    original = getattr(etree.ElementBase, name)

    def hooked(self, *args):
        place = here()
        if place is not None:
            for element in pick(args):
                MADE[element] = place
        return original(self, *args)

    setattr(xmlchemy.BaseOxmlElement, name, functools.wraps(original)(hooked))


def writing(owner, name, element):
    """A property whose setter writes text."""
    known = owner.__dict__[name]

    def setter(self, value):
        place = here()
        if place is not None:
            WRITTEN[element(self)] = place
        return known.fset(self, value)

    setattr(owner, name, property(known.fget, setter, known.fdel, known.__doc__))


def install():
    one = lambda args: args[:1]
    for name, pick in {
        "append": one, "addprevious": one, "addnext": one, "insert": lambda args: args[1:2],
        "extend": lambda args: list(args[0]) if isinstance(args[0], (list, tuple)) else (),
        "replace": lambda args: args[1:2],
    }.items():
        inserting(name, pick)
    writing(TextFrame, "text", lambda self: self._txBody)
    writing(_Paragraph, "text", lambda self: self._p)
    writing(_Run, "text", lambda self: self._r)
    writing(_Cell, "text", lambda self: self._tc)


def place_of(element):
    """The place that answers for an element: its own, its nearest written ancestor's, its nearest made one's."""
    above = element
    while above is not None:
        place = WRITTEN.get(above) or MADE.get(above)
        if place is not None:
            return place
        above = above.getparent()
    return None


def place_of_shape(element, is_placeholder):
    """Placeholders come with the slide; who fills one answers for it, before who added the slide."""
    if is_placeholder:
        below = (WRITTEN.get(one) for one in element.iter())
        filled = next((place for place in below if place is not None), None)
        if filled is not None:
            return filled
    return MADE.get(element) or place_of(element)


def resolve(place):
    """[line, column, end line, end column] of a place; lines from 1, columns in UTF-8 bytes from 0."""
    if place is None:
        return None
    code, at = place
    if code not in _positions:
        _positions[code] = list(code.co_positions())
    line, end_line, column, end_column = _positions[code][at // 2]
    if line is None:
        return None
    if column is None or end_column is None:
        return [line, 0, line, -1]
    return [line, column, end_line, end_column]
