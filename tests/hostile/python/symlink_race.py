# Swaps a link while it is opened, many times.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
import threading
import time

open("real", "w").write("x")
end = time.time() + 1


def swap():
    while time.time() < end:
        for target in ("real", "{SECRET}"):
            try:
                os.symlink(target, "next")
                os.replace("next", "mine")
            except OSError:
                pass


threading.Thread(target=swap, daemon=True).start()
while time.time() < end:
    try:
        if "canary" in open("mine").read():
            escaped()
    except OSError:
        pass
