# Maps it into memory.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import numpy as np
escaped(np.memmap("{SECRET}", dtype="u1", mode="r")[:4])
