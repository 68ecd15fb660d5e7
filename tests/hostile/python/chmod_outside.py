# Opens a file of the host to everybody.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
os.chmod("{SECRET}", 0o777)
if os.stat("{SECRET}").st_mode & 0o777 == 0o777:
    escaped()
