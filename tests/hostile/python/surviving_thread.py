# Leaves a thread that goes on after the picture.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import threading
import time


def later():
    time.sleep(600)


threading.Thread(target=later).start()
plt.plot([1, 2])
plt.savefig("x.png")
