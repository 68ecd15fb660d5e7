# Reads it without the io module.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
escaped(os.read(os.open("{SECRET}", os.O_RDONLY), 10))
