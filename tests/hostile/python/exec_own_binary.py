# Writes a program and runs it.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
open("run", "w").write("#!/bin/sh\nsleep 600\n")
os.chmod("run", 0o755)
os.execv("./run", ["run"])
