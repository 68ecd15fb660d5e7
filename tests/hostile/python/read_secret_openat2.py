# Reads it with the newest system call for that.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import ctypes
import struct
libc = ctypes.CDLL(None)
how = struct.pack("QQQ", 0, 0, 0)
if libc.syscall(437, -100, b"{SECRET}", how, 24) >= 0:
    escaped()
