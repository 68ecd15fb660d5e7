# Looks for settings of the host.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
if "CARGO_MANIFEST_DIR" in os.environ:
    escaped()
