import matplotlib.pyplot as plt
import networkx as nx
import numpy as np

fig = plt.figure(figsize=(8, 4))
ax = fig.add_subplot(1, 2, 1, projection="3d")
x, y = np.meshgrid(np.linspace(-1, 1, 8), np.linspace(-1, 1, 8))
ax.plot_surface(x, y, x * y, cmap="coolwarm")
ax.scatter([0, 0.5], [0, 0.5], [1, 1], color="black")
ax.set_zlabel("height")
ax = fig.add_subplot(1, 2, 2)
graph = nx.Graph([("a", "b"), ("b", "c"), ("c", "a")])
nx.draw_networkx(graph, nx.circular_layout(graph), node_color="#ffcc00", ax=ax)
plt.savefig("space_and_network.pdf")
