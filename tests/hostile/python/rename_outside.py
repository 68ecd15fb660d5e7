# Moves a file of the host into its own folder.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
os.rename("{SECRET}", "mine")
escaped()
