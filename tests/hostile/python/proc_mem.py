# Writes to memory through the kernel.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


open("/proc/self/mem", "r+b")
escaped()
