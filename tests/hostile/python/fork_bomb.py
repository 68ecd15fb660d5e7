# Forks without end.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
count = 0
while True:
    os.fork()
    count += 1
    if count > 50:
        escaped()
