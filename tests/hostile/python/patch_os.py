# Replaces what the harness calls.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
import time
os._exit = lambda code: time.sleep(600)
os.write = lambda fd, data: len(data)
plt.plot([1, 2])
plt.savefig("x.png")
