import matplotlib.pyplot as plt
import numpy as np

angles = np.linspace(0, 2 * np.pi, 5, endpoint=False)
ax = plt.subplot(polar=True)
ax.plot(angles, [1, 3, 2, 4, 2], color="crimson")
ax.fill(angles, [1, 3, 2, 4, 2], color="crimson", alpha=0.2)
ax.scatter(angles, [2, 2, 2, 2, 2], color="#003366")
ax.set_title("five ways")
plt.savefig("radar_against_pie.pdf")
