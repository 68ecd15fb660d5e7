# Attaches to the worker.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import ctypes
import os
if ctypes.CDLL(None).ptrace(16, os.getppid() or 1, None, None) == 0:
    escaped()
