# Kills its process group.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
import signal
os.killpg(0, signal.SIGKILL)
escaped()
