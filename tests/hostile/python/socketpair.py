# Makes a pair of sockets, to pass descriptors with.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import socket
socket.socketpair()
escaped()
