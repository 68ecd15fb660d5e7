# Connects to a unix socket of the host.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import socket
peer = socket.socket(socket.AF_UNIX)
peer.connect("{UNIX}")
peer.send(b"hello")
escaped()
