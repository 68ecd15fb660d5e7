# Fills the disk with small files.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
for index in range(200_000):
    with open(f"file{index}", "wb") as file:
        file.write(bytes(1 << 16))
escaped()
