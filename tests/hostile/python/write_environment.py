# Changes a package for the next job.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import matplotlib
open(matplotlib.__file__, "a").write("x = 1")
escaped()
