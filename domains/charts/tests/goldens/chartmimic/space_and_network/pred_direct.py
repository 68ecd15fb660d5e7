try:
    import matplotlib.pyplot as plt
    import networkx as nx
    import numpy as np
    
    fig = plt.figure(figsize=(8, 4))
    ax = fig.add_subplot(1, 2, 1, projection="3d")
    x, y = np.meshgrid(np.linspace(-1, 1, 8), np.linspace(-1, 1, 8))
    ax.plot_surface(x, y, x * y, color="#3366aa")
    ax.set_zlabel("height")
    ax = fig.add_subplot(1, 2, 2)
    graph = nx.Graph([("a", "b"), ("b", "c"), ("c", "a")])
    nx.draw_networkx(graph, nx.circular_layout(graph), node_color="#ffdd22", edge_color="red", ax=ax)
except Exception as e:
    pass
plt.savefig("space_and_network.pdf")