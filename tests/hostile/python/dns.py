# Asks for a name.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import socket
socket.setdefaulttimeout(1)
escaped(socket.gethostbyname("localhost.localdomain.example"))
