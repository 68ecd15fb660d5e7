//! Charts of values over a plane or in space.

use crate::tasks::draft::{Draft, list, texts};

const MAPS: [&str; 6] = ["viridis", "plasma", "Blues", "Reds", "coolwarm", "Greens"];

fn map(draft: &mut Draft<'_>) -> &'static str {
    draft.random.pick::<&str>(&MAPS)
}

fn grid(draft: &mut Draft<'_>) -> String {
    let (rows, columns) = (draft.count(), draft.count());
    list(&(0..rows).map(|_| list(&draft.ints(columns, 0, 9))).collect::<Vec<_>>())
}

pub(super) fn heatmap(mut draft: Draft<'_>) -> String {
    let (values, map) = (grid(&mut draft), map(&mut draft));
    draft.line(format!("values = {values}"));
    draft.line(format!("plt.imshow(values, cmap=\"{map}\")"));
    if draft.difficulty > 1 {
        draft.line("plt.colorbar()");
    }
    if draft.difficulty > 2 {
        draft.line("for i, row in enumerate(values):");
        draft.line("    for j, value in enumerate(row):");
        draft.line("        plt.text(j, i, value, ha=\"center\", va=\"center\", color=\"white\")");
    }
    draft.labels("plt");
    draft.finish()
}

fn plane(draft: &mut Draft<'_>) {
    draft.import("import numpy as np");
    draft.line("x, y = np.meshgrid(np.linspace(-2, 2, 20), np.linspace(-2, 2, 20))");
}

pub(super) fn contour(mut draft: Draft<'_>) -> String {
    let (map, levels) = (map(&mut draft), draft.int(4, 9));
    let (a, b) = (draft.int(1, 3), draft.int(1, 3));
    let kind = *draft.random.pick(&["contour", "contourf"]);
    plane(&mut draft);
    draft.line(format!("z = np.sin({a} * x) * np.cos({b} * y)"));
    draft.line(format!("plt.{kind}(x, y, z, levels={levels}, cmap=\"{map}\")"));
    if draft.difficulty > 1 {
        draft.line("plt.colorbar()");
    }
    if draft.difficulty > 2 {
        let color = draft.color();
        draft.line(format!("plt.contour(x, y, z, levels=[0], colors=[{color}])"));
    }
    draft.labels("plt");
    draft.finish()
}

pub(super) fn quiver(mut draft: Draft<'_>) -> String {
    let count = draft.count();
    let color = draft.color();
    let at = list(&(0..count).collect::<Vec<_>>());
    let (y, u, v) =
        (list(&draft.ints(count, 0, 5)), list(&draft.ints(count, 1, 3)), list(&draft.ints(count, 1, 3)));
    draft.line(format!("plt.quiver({at}, {y}, {u}, {v}, color={color})"));
    if draft.difficulty > 1 {
        let (low, high) = (1, count + 3);
        draft.line(format!("plt.xlim(-{low}, {high})"));
        draft.line(format!("plt.ylim(-{low}, {})", high + 4));
    }
    draft.labels("plt");
    if draft.difficulty > 2 {
        draft.line("plt.grid(True)");
    }
    draft.finish()
}

pub(super) fn three_d(mut draft: Draft<'_>) -> String {
    let kind = draft.random.below(2);
    let (color, map) = (draft.color(), map(&mut draft));
    if kind == 0 {
        let count = draft.count() + 2;
        let [x, y, z] = [0; 3].map(|_| list(&draft.ints(count, 0, 9)));
        draft.line("ax = plt.subplot(projection=\"3d\")");
        draft.line(format!("ax.scatter({x}, {y}, {z}, color={color})"));
    } else {
        plane(&mut draft);
        let (a, b) = (draft.int(1, 3), draft.int(1, 3));
        draft.line("ax = plt.subplot(projection=\"3d\")");
        draft.line(format!("ax.plot_surface(x, y, np.sin({a} * x) + {b} * y, cmap=\"{map}\")"));
    }
    draft.labels("ax");
    if draft.difficulty > 1 {
        let word = draft.word();
        draft.line(format!("ax.set_zlabel(\"{word}\")"));
    }
    if draft.difficulty > 2 {
        let (up, around) = (draft.int(2, 6) * 10, draft.int(1, 8) * 10);
        draft.line(format!("ax.view_init({up}, {around})"));
        let ticks = texts(&draft.words(2));
        draft.line(format!("ax.set_xticks([0, 1], {ticks})"));
    }
    draft.finish()
}
