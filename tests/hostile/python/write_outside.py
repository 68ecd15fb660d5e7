# Writes into a folder of the host.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


open("{OUTSIDE}/written", "w").write("x")
escaped()
