# Sends a datagram through libc.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import ctypes
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.socket(2, 2, 0)
if fd >= 0:
    address = (2).to_bytes(2, "little") + ({UDP}).to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
    if libc.sendto(fd, b"hello", 5, 0, address, 16) == 5:
        escaped()
