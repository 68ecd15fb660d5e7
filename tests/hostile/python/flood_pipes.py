# Writes into every descriptor without end.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
while True:
    for fd in range(3, 64):
        try:
            os.write(fd, bytes(1 << 20))
        except OSError:
            pass
