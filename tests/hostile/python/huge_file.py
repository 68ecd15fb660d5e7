# Writes 2 GB.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


with open("file", "wb") as file:
    for _ in range(2048):
        file.write(bytes(1 << 20))
escaped()
