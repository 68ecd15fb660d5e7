# Connects to a listener of the host.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import socket
with socket.create_connection(("127.0.0.1", {TCP}), timeout=1) as peer:
    peer.send(b"hello")
escaped()
