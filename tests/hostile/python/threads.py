# Starts threads without end.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import threading
import time
threads = []
for _ in range(100_000):
    thread = threading.Thread(target=time.sleep, args=(600,))
    thread.start()
    threads.append(thread)
escaped()
