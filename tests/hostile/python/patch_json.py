# Replaces how the report is written.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import json
json.dumps = lambda *args, **kwargs: "{" * 1000
plt.plot([1, 2])
plt.savefig("x.png")
