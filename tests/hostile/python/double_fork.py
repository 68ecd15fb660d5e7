# Leaves a grandchild behind.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
import time
if os.fork() == 0:
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
escaped()
