# Reads it through libc.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import ctypes
libc = ctypes.CDLL(None)
fd = libc.open(b"{SECRET}", 0)
if fd >= 0:
    escaped()
