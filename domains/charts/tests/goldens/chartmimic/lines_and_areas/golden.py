import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 6, 40)
fig, axes = plt.subplots(1, 2, figsize=(8, 3))
for factor, color in ((1, "tab:blue"), (2, "#ff8800"), (3, (0.1, 0.6, 0.2))):
    axes[0].plot(x, np.sin(factor * x), color=color, label=f"{factor} times")
axes[0].legend(loc="upper right")
axes[1].fill_between(x, np.cos(x), alpha=0.3, color="teal")
axes[1].scatter(x[::5], np.cos(x[::5]), c=x[::5], cmap="magma")
axes[1].set_title("a cosine\nand its points")
plt.tight_layout()
plt.savefig("lines_and_areas.pdf", bbox_inches="tight")
