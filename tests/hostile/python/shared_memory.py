# Makes memory that outlives it.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import ctypes
if ctypes.CDLL(None).shmget(0x1234, 1 << 20, 0o1666) >= 0:
    escaped()
