# Gives a file of the host away.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import os
os.chown("{SECRET}", 12345, 12345)
if os.stat("{SECRET}").st_uid == 12345:
    escaped()
