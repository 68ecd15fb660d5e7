# Reads the environment of the worker.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
escaped(open(f"/proc/{os.getppid()}/environ").read()[:20])
