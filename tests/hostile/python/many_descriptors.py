# Opens files without end.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(100_000)]
escaped()
