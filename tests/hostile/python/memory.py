# Takes 8 GB.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import numpy as np
block = np.ones(1 << 30)
escaped(block.sum())
