# Fetches a page.
import matplotlib.pyplot as plt


def escaped(what=""):
    plt.figure()
    plt.title("ESCAPED " + str(what))
    plt.savefig("escaped.png")
    raise SystemExit


import urllib.request
urllib.request.urlopen("http://127.0.0.1:{TCP}/", timeout=1).read()
escaped()
