# Draws without end.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import numpy as np
for _ in range(1_000_000):
    plt.plot(np.arange(1000))
plt.savefig("x.png")
