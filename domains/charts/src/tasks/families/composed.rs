//! Networks, other coordinates, and several charts in one.

use crate::tasks::draft::{Draft, list, texts};

pub(super) fn graph(mut draft: Draft<'_>) -> String {
    draft.import("import networkx as nx");
    let count = draft.count() + 1;
    let words = draft.words(count);
    let colors = draft.colors(2);
    let mut edges: Vec<String> =
        (1..count).map(|at| format!("(\"{}\", \"{}\")", words[draft.random.below(at)], words[at])).collect();
    if draft.difficulty > 1 {
        edges.push(format!("(\"{}\", \"{}\")", words[0], words[count - 1]));
    }
    draft.line(format!("graph = nx.Graph({})", list(&edges)));
    draft.line("places = nx.circular_layout(graph)");
    let size = draft.int(3, 9) * 100;
    draft.line(format!("nx.draw_networkx_nodes(graph, places, node_color={}, node_size={size})", colors[0]));
    draft.line(format!("nx.draw_networkx_edges(graph, places, edge_color={})", colors[1]));
    draft.line("nx.draw_networkx_labels(graph, places)");
    draft.line("plt.axis(\"off\")");
    if draft.difficulty > 2 {
        draft.line("plt.margins(0.2)");
    }
    draft.finish()
}

pub(super) fn tree(mut draft: Draft<'_>) -> String {
    draft.import("import squarify");
    let count = draft.count();
    let (sizes, words) = (list(&draft.ints(count, 2, 9)), texts(&draft.words(count)));
    let colors = list(&draft.colors(count));
    let pad = if draft.difficulty > 1 { ", pad=True" } else { "" };
    draft.line(format!("squarify.plot({sizes}, label={words}, color={colors}{pad})"));
    draft.line("plt.axis(\"off\")");
    draft.finish()
}

pub(super) fn radar(mut draft: Draft<'_>) -> String {
    draft.import("import numpy as np");
    let (count, series) = (draft.count() + 2, draft.series());
    let (words, names, colors) = (texts(&draft.words(count)), draft.words(series), draft.colors(series));
    draft.line(format!("angles = np.linspace(0, 2 * np.pi, {count}, endpoint=False)"));
    draft.line("ax = plt.subplot(polar=True)");
    for (name, color) in names.iter().zip(colors) {
        let values = list(&draft.ints(count, 2, 9));
        let label = if series > 1 { format!(", label=\"{name}\"") } else { String::new() };
        draft.line(format!("ax.fill(angles, {values}, color={color}, alpha=0.4{label})"));
    }
    draft.line(format!("ax.set_xticks(angles, {words})"));
    if series > 1 {
        draft.line("ax.legend(loc=\"lower right\")");
    }
    if draft.difficulty > 1 {
        draft.line("ax.set_ylim(0, 10)");
    }
    draft.finish()
}

pub(super) fn combination(mut draft: Draft<'_>) -> String {
    let (count, colors) = (draft.count(), draft.colors(2));
    let (words, names) = (texts(&draft.words(count)), draft.words(2));
    let (bars, line) = (list(&draft.ints(count, 1, 9)), list(&draft.ints(count, 1, 9)));
    let labels = match draft.difficulty {
        1 => [String::new(), String::new()],
        _ => [format!(", label=\"{}\"", names[0]), format!(", label=\"{}\"", names[1])],
    };
    draft.line(format!("plt.bar({words}, {bars}, color={}{})", colors[0], labels[0]));
    draft.line(format!("plt.plot({words}, {line}, color={}, marker=\"o\"{})", colors[1], labels[1]));
    if draft.difficulty > 1 {
        draft.line("plt.legend()");
    }
    if draft.difficulty > 2 {
        let color = draft.color();
        draft.line(format!("plt.axhline(5, color={color}, linestyle=\":\")"));
    }
    draft.labels("plt");
    draft.finish()
}

pub(super) fn hard_to_recognise(mut draft: Draft<'_>) -> String {
    let count = draft.count();
    let colors = draft.colors(count);
    draft.line("ax = plt.subplot()");
    for color in colors {
        let (x, y, radius) = (draft.int(1, 9), draft.int(1, 9), draft.int(1, 3));
        let filled = if draft.difficulty > 1 { "alpha=0.5, " } else { "" };
        draft.line(format!("ax.add_patch(plt.Circle(({x}, {y}), {radius}, {filled}color={color}))"));
    }
    draft.line("ax.set_xlim(-2, 12)");
    draft.line("ax.set_ylim(-2, 12)");
    if draft.difficulty > 2 {
        let (word, x) = (draft.word(), draft.int(0, 6));
        draft.line(format!("ax.text({x}, 10, \"{word}\")"));
    }
    draft.labels("ax");
    draft.finish()
}

pub(super) fn plot_in_plot(mut draft: Draft<'_>) -> String {
    let (count, colors) = (draft.count() + 2, draft.colors(2));
    let (y, small) = (list(&draft.ints(count, 0, 9)), list(&draft.ints(count, 0, 9)));
    draft.line(format!("plt.plot({y}, color={})", colors[0]));
    draft.line("plt.ylim(0, 25)");
    draft.labels("plt");
    let title = draft.word();
    draft.line(format!("plt.title(\"{title}\")"));
    draft.line("inner = plt.axes([0.6, 0.58, 0.25, 0.25])");
    draft.line(format!("inner.plot({small}, color={})", colors[1]));
    if draft.difficulty > 2 {
        draft.line("inner.set_xticks([0, 1])");
    }
    if draft.difficulty > 1 {
        draft.line("plt.savefig(\"chart.png\")");
        draft.difficulty = 1;
    }
    draft.close()
}

pub(super) fn multidiff(mut draft: Draft<'_>) -> String {
    let (count, colors) = (draft.count(), draft.colors(2));
    let (words, titles) = (texts(&draft.words(count)), draft.words(2));
    let (left, right) = (list(&draft.ints(count, 1, 9)), list(&draft.ints(count, 1, 9)));
    draft.line("fig, axes = plt.subplots(1, 2)");
    draft.line(format!("axes[0].bar({words}, {left}, color={})", colors[0]));
    let marker = if draft.difficulty > 1 { ", marker=\"s\"" } else { "" };
    draft.line(format!("axes[1].plot({right}, color={}{marker})", colors[1]));
    draft.line(format!("axes[0].set_title(\"{}\")", titles[0]));
    if draft.difficulty > 1 {
        draft.line(format!("axes[1].set_title(\"{}\")", titles[1]));
    }
    if draft.difficulty > 2 {
        draft.labels("axes[0]");
        draft.labels("axes[1]");
    }
    draft.close()
}
