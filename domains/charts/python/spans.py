"""Remembers which place of the program made each artist, set each text and chose each axis's ticks.

A place is (code object, offset of the instruction): two words a call. `resolve` turns it into lines and columns.
"""

import functools
import sys

from matplotlib.artist import Artist
from matplotlib.axis import Axis, Tick
from matplotlib.text import Text

PROGRAM = "program.py"
ARTISTS, TEXTS, TICKS, GRIDS, LIMITS = {}, {}, {}, {}, {}
# While a figure is drawn, matplotlib makes artists that no statement asked for.
DRAWING = [False]
_positions = {}


def here():
    """The innermost place of the program on the stack, wherever matplotlib or seaborn are by now."""
    if DRAWING[0]:
        return None
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename == PROGRAM:
            return frame.f_code, frame.f_lasti
        frame = frame.f_back
    return None


def note(owner, name, table, when=None):
    original = owner.__dict__[name]

    @functools.wraps(original)
    def noted(self, *args, **kwargs):
        place = here()
        if place is not None and (when is None or when(args)):
            table[id(self)] = place
        return original(self, *args, **kwargs)

    setattr(owner, name, noted)


def install():
    note(Artist, "__init__", ARTISTS)
    note(Text, "set_text", TEXTS, lambda args: bool(args) and args[0] not in (None, ""))
    for name in ("set_ticks", "set_ticklabels", "set_major_locator", "set_major_formatter", "set_tick_params"):
        note(Axis, name, TICKS)
    note(Axis, "grid", GRIDS)
    note_limits()


def note_limits():
    """Whoever sets limits says so to the axis; what follows from the data has no opinion on scaling."""
    original = Axis._set_lim

    @functools.wraps(original)
    def noted(self, *args, auto, **kwargs):
        place = here()
        if place is not None and auto is False:
            LIMITS[id(self)] = place
        return original(self, *args, auto=auto, **kwargs)

    Axis._set_lim = noted


def place_of(artist, ancestors):
    """The place that answers for a drawn artist; `ancestors` are what it is drawn in, outermost first."""
    if isinstance(artist, Axis) and id(artist) in LIMITS:
        return LIMITS[id(artist)]
    axis = next((one for one in reversed(ancestors) if isinstance(one, Axis)), None)
    if axis is not None and artist is not axis.label:
        tick = next((one for one in reversed(ancestors) if isinstance(one, Tick)), None)
        if tick is not None and artist is tick.gridline and id(axis) in GRIDS:
            return GRIDS[id(axis)]
        return TICKS.get(id(axis))
    if isinstance(artist, Text) and id(artist) in TEXTS:
        return TEXTS[id(artist)]
    return ARTISTS.get(id(artist))


def resolve(place):
    """[line, column, end line, end column] of a place; lines from 1, columns in UTF-8 bytes from 0."""
    code, at = place
    if code not in _positions:
        _positions[code] = list(code.co_positions())
    line, end_line, column, end_column = _positions[code][at // 2]
    if line is None:
        return None
    if column is None or end_column is None:
        return [line, 0, line, -1]
    return [line, column, end_line, end_column]
