# Writes the texts in white on white.
import matplotlib.pyplot as plt

plt.bar(["oak", "elm"], [1, 2], color="#336699")
plt.title("home", color="white")
plt.ylabel("heights", color="white")
