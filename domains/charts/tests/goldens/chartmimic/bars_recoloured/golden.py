import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.bar(["oak", "elm", "ash"], [3, 5, 2], color="#aa33cc", label="trees")
ax.axhline(4, color="red")
ax.set_title("heights")
ax.set_xlabel("kind")
ax.legend()
plt.savefig("bars_recoloured.pdf")
