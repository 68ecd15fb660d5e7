# Looks for references of tasks.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
found = [name for name in os.listdir("{OUTSIDE}")]
escaped(found)
