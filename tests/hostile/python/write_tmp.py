# Writes into the common temporary folder.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


open("/tmp/galley-hostile-written", "w").write("x")
escaped()
