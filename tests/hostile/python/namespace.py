# Makes itself root of a user namespace.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import ctypes
if ctypes.CDLL(None).unshare(0x10000000) == 0:
    escaped()
