# Breaks its own stack.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import ctypes
ctypes.memset(id(int) - 4096, 255, 1 << 16)
