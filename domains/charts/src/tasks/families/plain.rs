//! Charts with one kind of mark over two axes.

use crate::tasks::draft::{Draft, list, texts};

/// Names for series, and a legend for them where there are several.
fn named(draft: &mut Draft<'_>, series: usize) -> Vec<String> {
    let words = draft.words(series);
    let label = |word: String| if series > 1 { format!(", label=\"{word}\"") } else { String::new() };
    words.into_iter().map(label).collect()
}

fn legend(draft: &mut Draft<'_>, series: usize) {
    if series > 1 {
        draft.line("plt.legend()");
    }
}

pub(super) fn line(mut draft: Draft<'_>) -> String {
    let (series, count) = (draft.series(), draft.count() + 1);
    let (names, colors) = (named(&mut draft, series), draft.colors(series));
    for (name, color) in names.iter().zip(colors) {
        let y = list(&draft.ints(count, 0, 9));
        let marker = *draft.random.pick(&["", ", marker=\"o\"", ", linestyle=\"--\""]);
        let marker = if draft.difficulty > 1 { marker } else { "" };
        draft.line(format!("plt.plot({y}, color={color}{marker}{name})"));
    }
    legend(&mut draft, series);
    draft.labels("plt");
    if draft.difficulty > 2 {
        draft.line("plt.grid(True)");
    }
    draft.finish()
}

pub(super) fn bar(mut draft: Draft<'_>) -> String {
    let (series, count) = (draft.series(), draft.count());
    let words = draft.categories(count);
    let (names, colors) = (named(&mut draft, series), draft.colors(series));
    let kind = if series == 1 { *draft.random.pick(&["bar", "barh"]) } else { "bar" };
    let mut bottom = vec![0; count];
    for (at, (name, color)) in names.iter().zip(colors).enumerate() {
        let heights = draft.ints(count, 1, 9);
        let under = if at > 0 { format!(", bottom={}", list(&bottom)) } else { String::new() };
        draft.line(format!("plt.{kind}({words}, {}{under}, color={color}{name})", list(&heights)));
        bottom.iter_mut().zip(heights).for_each(|(sum, height)| *sum += height);
    }
    legend(&mut draft, series);
    draft.labels("plt");
    draft.finish()
}

pub(super) fn scatters(mut draft: Draft<'_>) -> String {
    let (series, count) = (draft.series(), draft.count() + 2);
    let (names, colors) = (named(&mut draft, series), draft.colors(series));
    for (name, color) in names.iter().zip(colors) {
        let (x, y) = (list(&draft.ints(count, 0, 9)), list(&draft.ints(count, 0, 9)));
        let size = if draft.difficulty > 1 { format!(", s={}", draft.int(2, 9) * 10) } else { String::new() };
        draft.line(format!("plt.scatter({x}, {y}{size}, color={color}{name})"));
    }
    legend(&mut draft, series);
    draft.labels("plt");
    draft.finish()
}

pub(super) fn hist(mut draft: Draft<'_>) -> String {
    let (series, count) = (draft.series(), draft.count() * 3);
    let (names, colors) = (named(&mut draft, series), draft.colors(series));
    for (name, color) in names.iter().zip(colors) {
        let values = list(&draft.ints(count, 0, 9));
        let bins = draft.int(3, 8);
        let alpha = if series > 1 { ", alpha=0.6" } else { "" };
        draft.line(format!("plt.hist({values}, bins={bins}, color={color}{alpha}{name})"));
    }
    legend(&mut draft, series);
    draft.labels("plt");
    draft.finish()
}

pub(super) fn pie(mut draft: Draft<'_>) -> String {
    let count = draft.count();
    let sizes = list(&draft.ints(count, 1, 9));
    let labels = match draft.difficulty {
        1 => String::new(),
        _ => format!(", labels={}", texts(&draft.words(count))),
    };
    let colors = list(&draft.colors(count));
    let share = if draft.difficulty > 1 { ", autopct=\"%1.0f%%\"" } else { "" };
    let turn = if draft.difficulty > 2 { ", startangle=90, wedgeprops={\"width\": 0.5}" } else { "" };
    draft.line(format!("plt.pie({sizes}{labels}, colors={colors}{share}{turn})"));
    draft.finish()
}

fn groups(draft: &mut Draft<'_>) -> (usize, String) {
    let (count, size) = (draft.count(), 4 + usize::from(draft.difficulty));
    let groups: Vec<String> = (0..count).map(|_| list(&draft.ints(size, 0, 20))).collect();
    (count, list(&groups))
}

pub(super) fn boxes(mut draft: Draft<'_>) -> String {
    let ((count, data), color) = (groups(&mut draft), draft.color());
    draft.line(format!("plt.boxplot({data}, patch_artist=True, boxprops={{\"facecolor\": {color}}})"));
    let words = texts(&draft.words(count));
    if draft.difficulty > 1 {
        draft.line(format!("plt.xticks({}, {words})", list(&(1..=count).collect::<Vec<_>>())));
    }
    draft.labels("plt");
    draft.finish()
}

pub(super) fn violin(mut draft: Draft<'_>) -> String {
    let ((count, data), colors) = (groups(&mut draft), draft.colors(2));
    draft.line(format!("parts = plt.violinplot({data})"));
    draft.line("for body in parts[\"bodies\"]:");
    draft.line(format!("    body.set_facecolor({})", colors[0]));
    if draft.difficulty > 1 {
        draft.line(format!("    body.set_edgecolor({})", colors[1]));
        let words = texts(&draft.words(count));
        draft.line(format!("plt.xticks({}, {words})", list(&(1..=count).collect::<Vec<_>>())));
    }
    draft.labels("plt");
    draft.finish()
}

pub(super) fn errorbar(mut draft: Draft<'_>) -> String {
    let count = draft.count();
    let (words, heights) = (texts(&draft.words(count)), list(&draft.ints(count, 3, 9)));
    let (errors, color) = (list(&draft.ints(count, 1, 2)), draft.color());
    let cap = if draft.difficulty > 1 { format!(", capsize={}", draft.int(3, 8)) } else { String::new() };
    draft.line(format!("plt.bar({words}, {heights}, yerr={errors}{cap}, color={color})"));
    draft.labels("plt");
    draft.finish()
}

pub(super) fn errorpoint(mut draft: Draft<'_>) -> String {
    let (series, count) = (draft.series(), draft.count());
    let (names, colors) = (named(&mut draft, series), draft.colors(series));
    for (name, color) in names.iter().zip(colors) {
        let (x, y) = (list(&(0..count).collect::<Vec<_>>()), list(&draft.ints(count, 3, 9)));
        let errors = list(&draft.ints(count, 1, 2));
        draft.line(format!("plt.errorbar({x}, {y}, yerr={errors}, fmt=\"o\", color={color}{name})"));
    }
    legend(&mut draft, series);
    draft.labels("plt");
    draft.finish()
}

pub(super) fn area(mut draft: Draft<'_>) -> String {
    let (series, count) = (draft.series(), draft.count() + 1);
    let (names, colors) = (named(&mut draft, series), draft.colors(series));
    let x = list(&(0..count).collect::<Vec<_>>());
    for (name, color) in names.iter().zip(colors) {
        let y = list(&draft.ints(count, 1, 9));
        let alpha = if series > 1 { ", alpha=0.5" } else { "" };
        draft.line(format!("plt.fill_between({x}, {y}, color={color}{alpha}{name})"));
    }
    legend(&mut draft, series);
    draft.labels("plt");
    draft.finish()
}

pub(super) fn density(mut draft: Draft<'_>) -> String {
    let series = draft.series();
    draft.import("import numpy as np");
    let (names, colors) = (named(&mut draft, series), draft.colors(series));
    draft.line("x = np.linspace(0, 10, 100)");
    for (name, color) in names.iter().zip(colors) {
        let (centre, width) = (draft.int(2, 8), draft.int(1, 3));
        draft.line(format!("y = np.exp(-((x - {centre}) / {width}) ** 2)"));
        draft.line(format!("plt.fill_between(x, y, color={color}, alpha=0.5{name})"));
    }
    legend(&mut draft, series);
    draft.labels("plt");
    draft.finish()
}
