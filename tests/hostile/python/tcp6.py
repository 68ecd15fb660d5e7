# Connects over IPv6.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import socket
peer = socket.socket(socket.AF_INET6)
peer.settimeout(1)
peer.connect(("::1", {TCP}))
escaped()
