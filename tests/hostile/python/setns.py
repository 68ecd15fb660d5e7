# Enters the network of another process.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import ctypes
import os
fd = ctypes.CDLL(None).syscall(434, os.getppid() or 1, 0)
if fd >= 0 and ctypes.CDLL(None).setns(fd, 0x40000000) == 0:
    escaped()
