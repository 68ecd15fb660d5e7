# Opens a raw socket.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import socket
socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
escaped()
