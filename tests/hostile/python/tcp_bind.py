# Opens a port.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import socket
server = socket.socket()
server.bind(("0.0.0.0", 0))
server.listen()
escaped()
