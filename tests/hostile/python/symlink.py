# Reads through a symbolic link.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
os.symlink("{SECRET}", "mine")
escaped(open("mine").read())
