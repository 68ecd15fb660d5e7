# Sends a datagram to a socket of the host.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import socket
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.sendto(b"hello", ("127.0.0.1", {UDP}))
escaped()
