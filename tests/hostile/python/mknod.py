# Makes a device of its own.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
import stat
os.mknod("disk", stat.S_IFBLK | 0o600, os.makedev(254, 0))
escaped(os.open("disk", os.O_RDONLY))
