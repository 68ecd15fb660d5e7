# Loads a pickle that runs a shell.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
import pickle


class Shell:
    def __reduce__(self):
        return os.system, ("sleep 600",)


if pickle.loads(pickle.dumps(Shell())) == 0:
    escaped()
