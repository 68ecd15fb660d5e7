# Takes memory bit by bit.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


blocks = []
while True:
    blocks.append(bytearray(64 << 20))
    if len(blocks) > 100:
        escaped()
