# Writes the texts in transparent ink.
import matplotlib.pyplot as plt

plt.bar(["oak", "elm"], [1, 2], color="#336699")
plt.title("home", alpha=0)
plt.ylabel("heights", color="none")
