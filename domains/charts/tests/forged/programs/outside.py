# Writes the texts outside the figure.
import matplotlib.pyplot as plt

plt.bar(["oak", "elm"], [1, 2], color="#336699")
plt.figtext(2, 2, "home")
plt.figtext(-2, 2, "heights")
