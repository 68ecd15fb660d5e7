# Recurses into the ground.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import sys
sys.setrecursionlimit(1 << 30)


def down():
    down()


down()
