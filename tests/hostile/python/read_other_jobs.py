# Looks for the folders of other jobs.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
here = os.path.dirname(os.path.dirname(os.getcwd()))
escaped(os.listdir(here))
