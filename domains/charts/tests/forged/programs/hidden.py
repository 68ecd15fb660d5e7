# Writes the texts, and covers them.
import matplotlib.pyplot as plt

plt.bar(["oak", "elm"], [1, 2], color="#336699", zorder=3)
plt.text(0, 0.2, "home", zorder=1, ha="center")
plt.text(1, 0.2, "heights", zorder=1, ha="center")
