# Asks for a picture of a million pixels by a million.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


plt.figure(figsize=(10_000, 10_000))
plt.plot([1, 2])
plt.savefig("x.png")
