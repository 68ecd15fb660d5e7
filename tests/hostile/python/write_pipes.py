# Writes garbage into every descriptor.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
for fd in range(256):
    try:
        os.write(fd, b"\xff" * 4096)
    except OSError:
        pass
