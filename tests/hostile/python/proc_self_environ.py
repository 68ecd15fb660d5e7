# Reads its own environment from the kernel.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


escaped(open("/proc/self/environ").read()[:20])
