# Closes every descriptor, and goes on for ever.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
import time
os.closerange(0, 256)
time.sleep(1e9)
