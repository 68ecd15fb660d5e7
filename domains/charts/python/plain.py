"""Draws a chart with matplotlib as it is: no hooks in artists or renderer. What the recording run is compared with.

The answer of `run` is two lengths of four bytes, width and height, and rows of RGBA; nothing where nothing is shown.
"""

import gc
import io
import random
import struct
import sys
import types
import warnings

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import mpl_toolkits.mplot3d
import networkx
import numpy as np
import pandas
import scipy.stats
import seaborn
from matplotlib.figure import Figure

SAVE = Figure.savefig
OPTIONS = ("dpi", "facecolor", "edgecolor", "bbox_inches", "pad_inches", "transparent", "bbox_extra_artists")


class Shown(BaseException):
    """A program has shown its figure."""


def warm():
    figure = plt.figure()
    figure.text(0.5, 0.5, "warm", fontweight="bold")
    SAVE(figure, io.BytesIO(), format="rgba")
    plt.close("all")
    return {}


def run(job, write):
    def show(figure, **options):
        data = io.BytesIO()
        # The writer of raw pixels knows no size; a picture in memory does.
        with matplotlib.rc_context({"savefig.format": "png"}):
            SAVE(figure, data, format="png", **options)
        pixels = (plt.imread(io.BytesIO(data.getvalue()), format="png") * 255).round().astype(np.uint8)
        write(struct.pack("<II", pixels.shape[1], pixels.shape[0]) + pixels.tobytes())
        raise Shown

    def savefig(self, *args, **kwargs):
        show(self, **{name: kwargs[name] for name in OPTIONS if name in kwargs})

    Figure.savefig = savefig
    Figure.show = lambda self, *args, **kwargs: show(self)
    plt.show = lambda *args, **kwargs: show(plt.gcf()) if plt.get_fignums() else None
    gc.disable()
    warnings.simplefilter("ignore")
    random.seed(0)
    np.random.seed(0)
    np.random.bit_generator.randbits = lambda bits: 0
    sys.argv = ["program.py"]
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    try:
        exec(compile(job["source"], "program.py", "exec", dont_inherit=True), module.__dict__)
        if plt.get_fignums():
            show(plt.gcf())
    except Shown:
        pass
