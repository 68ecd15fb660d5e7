# Runs a shell.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import subprocess
escaped(subprocess.check_output(["/bin/sh", "-c", "id"]))
