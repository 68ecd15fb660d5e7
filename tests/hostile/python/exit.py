# Leaves at once.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
os._exit(0)
