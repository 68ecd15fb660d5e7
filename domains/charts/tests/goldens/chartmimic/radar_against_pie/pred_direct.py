try:
    import matplotlib.pyplot as plt
    
    plt.pie([3, 1, 2], labels=["a", "b", "c"], colors=["crimson", "#003366", "#88aa00"], autopct="%1.0f%%")
    plt.title("five ways")
except Exception as e:
    pass
plt.savefig("radar_against_pie.pdf")