# Reads the memory of the worker.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import ctypes
import os
buffer = ctypes.create_string_buffer(16)
local = (ctypes.c_ulong * 2)(ctypes.addressof(buffer), 16)
remote = (ctypes.c_ulong * 2)(0x400000, 16)
if ctypes.CDLL(None).process_vm_readv(os.getppid() or 1, local, 1, remote, 1, 0) > 0:
    escaped()
