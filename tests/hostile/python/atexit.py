# Goes on when it should leave.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import atexit
import time
atexit.register(time.sleep, 600)
plt.plot([1, 2])
plt.savefig("x.png")
