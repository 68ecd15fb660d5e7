# Answers in our place, with the frames of the worker.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import json
import os
import struct
head = json.dumps({"id": 1, "verdict": "done", "signal": 0, "code": 0, "cpu": 0, "bytes": 0}).encode()
for fd in range(3, 64):
    try:
        os.write(fd, struct.pack("<I", len(head)) + head)
    except OSError:
        pass
os._exit(0)
