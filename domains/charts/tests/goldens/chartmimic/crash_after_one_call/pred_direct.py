try:
    import matplotlib.pyplot as plt
    
    plt.boxplot([[1, 2, 3, 9], [2, 3, 4, 4]], patch_artist=True, boxprops={"facecolor": "#abcdee"})
    plt.hist([1, 2, 2, 3], color="no colour at all")
    plt.title("two kinds")
except Exception as e:
    pass
plt.savefig("crash_after_one_call.pdf")