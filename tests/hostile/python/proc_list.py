# Lists processes.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
escaped([name for name in os.listdir("/proc") if name.isdigit()])
