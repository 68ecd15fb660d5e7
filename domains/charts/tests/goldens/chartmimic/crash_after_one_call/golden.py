import matplotlib.pyplot as plt

plt.boxplot([[1, 2, 3, 9], [2, 3, 4, 4]], patch_artist=True, boxprops={"facecolor": "#abcdef"})
plt.hist([[1, 2, 2, 3], [2, 3, 3]], color=["olive", "purple"])
plt.title("two kinds")
plt.savefig("crash_after_one_call.pdf")
