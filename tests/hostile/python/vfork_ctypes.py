# Starts a process through the kernel.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import ctypes
libc = ctypes.CDLL(None)
for flags in (17, 0x4000 | 0x100 | 17, 0x10000000 | 17):
    child = libc.syscall(56, flags, 0, 0, 0, 0)
    if child == 0:
        libc._exit(0)
    if child > 0:
        escaped()
