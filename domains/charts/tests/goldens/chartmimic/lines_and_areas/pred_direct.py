try:
    import matplotlib.pyplot as plt
    import numpy as np
    
    x = np.linspace(0, 6, 40)
    fig, axes = plt.subplots(2, 1, figsize=(8, 3))
    for factor, color in ((1, "tab:blue"), (2, "#ee8811")):
        axes[0].plot(x, np.sin(factor * x), color=color, label=f"{factor} times")
    axes[0].legend(loc="upper right")
    axes[1].fill_between(x, np.cos(x), alpha=0.3, color="navy")
    axes[1].scatter(x[::5], np.cos(x[::5]), c=x[::5], cmap="viridis")
    axes[1].set_title("a cosine\nand points")
    plt.tight_layout()
except Exception as e:
    pass
plt.savefig("lines_and_areas.pdf")