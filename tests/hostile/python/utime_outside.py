# Changes the time of a file of the host.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
os.utime("{SECRET}", (1, 1))
if os.stat("{SECRET}").st_mtime == 1:
    escaped()
