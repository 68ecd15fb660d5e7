//! The kinds of slides that are asked for, each with its brief and its demonstration.

use galley_core::Random;

use super::draft::{Draft, list, listed};

/// A kind of slide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Numbers, each in a box of its own.
    Figures,
    Bullets,
    Columns,
    Chart,
    Table,
}

impl Family {
    pub const ALL: &[Self] = &[Self::Figures, Self::Bullets, Self::Columns, Self::Chart, Self::Table];

    pub fn name(self) -> &'static str {
        match self {
            Self::Figures => "figures",
            Self::Bullets => "bullets",
            Self::Columns => "columns",
            Self::Chart => "chart",
            Self::Table => "table",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|family| family.name() == name)
    }

    /// A brief and a program for it; the same key gives the same two. Difficulty is 1, 2 or 3.
    pub fn write(self, difficulty: u8, random: &mut Random) -> (String, String) {
        let draft = Draft::new(difficulty, random);
        match self {
            Self::Figures => figures(draft),
            Self::Bullets => bullets(draft),
            Self::Columns => columns(draft),
            Self::Chart => chart(draft),
            Self::Table => table(draft),
        }
    }
}

/// At difficulty 1 numbers alone, in few words: a policy made from scratch copies them token by token.
fn figures(mut draft: Draft<'_>) -> (String, String) {
    let count = draft.count();
    let numbers: Vec<String> = (0..count).map(|_| draft.int(10, 99).to_string()).collect();
    draft.slide();
    let heading = (draft.difficulty > 1).then(|| draft.heading());
    if let Some(heading) = &heading {
        text(&mut draft, heading);
    }
    for number in &numbers {
        filled(&mut draft, number);
    }
    let brief = match heading {
        None => listed(&numbers),
        Some(heading) => {
            format!(
                "A slide with the title \"{heading}\" and the key figures {}, one box each.",
                listed(&numbers)
            )
        }
    };
    (brief, draft.finish())
}

fn bullets(mut draft: Draft<'_>) -> (String, String) {
    let (heading, count) = (draft.heading(), draft.count());
    let points = draft.points(count);
    draft.slide();
    text(&mut draft, &heading);
    text(&mut draft, &points.join("\n"));
    (format!("A slide with the title \"{heading}\" and the points {}.", listed(&points)), draft.finish())
}

fn columns(mut draft: Draft<'_>) -> (String, String) {
    let (heading, count) = (draft.heading(), draft.count());
    let (names, points) = (draft.words(2), draft.points(2 * count));
    draft.slide();
    text(&mut draft, &heading);
    for (name, points) in names.iter().zip(points.chunks(count)) {
        text(&mut draft, &format!("{name}\n{}", points.join("\n")));
    }
    let column =
        |at: usize| format!("\"{}\" with {}", names[at], listed(&points[at * count..(at + 1) * count]));
    let brief =
        format!("A slide with the title \"{heading}\" and two columns: {}; {}.", column(0), column(1));
    (brief, draft.finish())
}

fn chart(mut draft: Draft<'_>) -> (String, String) {
    let (heading, count) = (draft.heading(), draft.count() + 1);
    let names = draft.words(count);
    let values: Vec<usize> = (0..count).map(|_| draft.int(2, 60)).collect();
    let kind = *draft.random.pick(&["COLUMN_CLUSTERED", "BAR_CLUSTERED", "LINE", "PIE"]);
    draft.import("from pptx.chart.data import CategoryChartData");
    draft.import("from pptx.enum.chart import XL_CHART_TYPE as T");
    draft.slide();
    text(&mut draft, &heading);
    draft.line("d = CategoryChartData()");
    draft.line(format!("d.categories = {}", list(&names)));
    draft.line(format!("d.add_series(\"Share\", {})", list(&values)));
    let place = draft.place();
    draft.line(format!("s.add_chart(T.{kind}, {place}, d)"));
    let word = kind.split('_').next().unwrap_or(kind).to_lowercase();
    let pairs: Vec<String> =
        names.iter().zip(&values).map(|(name, value)| format!("{name} {value}")).collect();
    let brief = format!(
        "A slide with the title \"{heading}\" and a {word} chart of these values: {}.",
        pairs.join(", ")
    );
    (brief, draft.finish())
}

fn table(mut draft: Draft<'_>) -> (String, String) {
    let (heading, rows) = (draft.heading(), draft.count());
    let (head, names) = (draft.words(3), draft.words(rows));
    let values: Vec<String> = (0..rows * 2).map(|_| draft.int(10, 99).to_string()).collect();
    let body =
        names.iter().zip(values.chunks(2)).map(|(name, two)| [std::slice::from_ref(name), two].concat());
    let all: Vec<Vec<String>> = std::iter::once(head).chain(body).collect();
    draft.slide();
    text(&mut draft, &heading);
    let place = draft.place();
    draft.line(format!("t = s.add_table({}, 3, {place}).table", rows + 1));
    draft.line(format!("for y, row in enumerate({}):", list(&all)));
    draft.line("    for x, text in enumerate(row):");
    draft.line("        t.cell(y, x).text = text");
    let rows: Vec<String> = all.iter().map(|row| listed(row)).collect();
    let brief =
        format!("A slide with the title \"{heading}\" and a table with the rows {}.", rows.join("; "));
    (brief, draft.finish())
}

fn text(draft: &mut Draft<'_>, text: &str) {
    let place = draft.place();
    draft.line(format!("s.add_textbox({place}).text_frame.text = {text:?}"));
}

fn filled(draft: &mut Draft<'_>, text: &str) {
    let place = draft.place();
    draft.line(format!("s.add_shape(1, {place}).text = \"{text}\""));
}

#[cfg(test)]
mod tests {
    use galley_core::{Part, Prompt};

    use super::*;
    use crate::axes::content::wanted;

    #[test]
    fn a_brief_is_a_function_of_its_key_and_its_program_says_what_it_asks_for() {
        for family in Family::ALL {
            for (difficulty, seed) in
                (1..=3).flat_map(|difficulty| (0..5).map(move |seed| (difficulty, seed)))
            {
                let (brief, program) = family.write(difficulty, &mut Random::new(seed));
                assert_eq!(
                    (brief.clone(), program.clone()),
                    family.write(difficulty, &mut Random::new(seed))
                );
                let program = program.replace("\\n", "\n").to_lowercase();
                let texts = wanted(&Prompt { parts: vec![Part::Text(brief.clone())] });
                assert!(
                    !texts.is_empty() && texts.iter().all(|text| program.contains(text)),
                    "{brief}\n{program}"
                );
            }
        }
    }

    #[test]
    fn the_smallest_brief_is_small() {
        let (brief, program) = Family::Figures.write(1, &mut Random::new(3));
        assert!(brief.len() < 16 && program.len() < 300, "{brief}\n{program}");
    }
}
