# Reads a disk.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
for name in ("/dev/vda", "/dev/sda", "/dev/mem", "/dev/kmsg"):
    try:
        escaped(os.open(name, os.O_RDONLY))
    except OSError:
        pass
