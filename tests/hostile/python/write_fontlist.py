# Changes the font list for the next job.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import matplotlib
open(matplotlib.get_cachedir() + "/fontlist-v330.json", "w").write("[]")
escaped()
