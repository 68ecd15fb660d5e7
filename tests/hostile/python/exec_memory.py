# Runs a program from memory.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
fd = os.memfd_create("x", 0)
os.write(fd, b"#!/bin/sh\nsleep 600\n")
os.execve(fd, ["x"], {})
