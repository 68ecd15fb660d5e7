# Becomes another program.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
os.execv("/bin/sh", ["sh", "-c", "sleep 600"])
escaped()
