# Starts a pool of processes.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import multiprocessing
with multiprocessing.Pool(4) as pool:
    escaped(pool.map(abs, [-1]))
