# A pattern that takes for ever.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import re
re.match(r"(a+)+$", "a" * 60 + "b")
