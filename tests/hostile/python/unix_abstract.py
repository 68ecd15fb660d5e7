# Connects to an abstract unix socket.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import socket
peer = socket.socket(socket.AF_UNIX)
peer.connect("\0{ABSTRACT}")
escaped()
