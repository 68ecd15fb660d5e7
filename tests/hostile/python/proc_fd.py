# Opens descriptors again.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
escaped([os.readlink(f"/proc/self/fd/{fd}") for fd in range(10)])
