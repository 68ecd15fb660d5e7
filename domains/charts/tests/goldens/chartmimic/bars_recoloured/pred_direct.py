try:
    import matplotlib.pyplot as plt
    
    fig, ax = plt.subplots()
    ax.bar(["oak", "elm", "ash"], [3, 5, 2], color="#9933aa", label="woods")
    ax.set_title("heights")
    ax.set_xlabel("kind")
    ax.legend()
except Exception as e:
    pass
plt.savefig("bars_recoloured.pdf")