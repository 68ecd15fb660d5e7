# Stops the worker, so that it hangs.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import ctypes
import os
if ctypes.CDLL(None).syscall(62, os.getppid() or 1, 19) == 0:
    escaped()
