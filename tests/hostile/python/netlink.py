# Talks to the kernel about networks.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import socket
socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
escaped()
