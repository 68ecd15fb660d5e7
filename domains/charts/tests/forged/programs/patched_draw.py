# Replaces how matplotlib draws, so that elements are seen that are not drawn.
import matplotlib.pyplot as plt
from matplotlib.text import Text

Text.draw = lambda self, renderer: None
plt.bar(["oak", "elm"], [1, 2], color="#336699")
plt.title("home")
plt.ylabel("heights")
