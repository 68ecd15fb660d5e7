//! The families of generated charts: the 22 of ChartMimic, by their names there.
//!
//! [`plain`] has one kind of mark over two axes; [`fields`] has values over a plane or in space; [`composed`] has
//! networks, other coordinates, and several charts in one.

mod composed;
mod fields;
mod plain;

use galley_core::Random;

use super::draft::Draft;

macro_rules! families {
    ($($variant:ident $name:literal $write:path,)*) => {
        /// A kind of chart.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Family {
            $($variant,)*
        }

        impl Family {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// A program of this family; the same key gives the same program. Difficulty is 1, 2 or 3.
            pub fn program(self, difficulty: u8, random: &mut Random) -> String {
                let draft = Draft::new(difficulty, random);
                match self {
                    $(Self::$variant => $write(draft),)*
                }
            }
        }
    };
}

families! {
    Line "line" plain::line,
    Bar "bar" plain::bar,
    Scatters "scatters" plain::scatters,
    Hist "hist" plain::hist,
    Pie "pie" plain::pie,
    Box "box" plain::boxes,
    Violin "violin" plain::violin,
    Errorbar "errorbar" plain::errorbar,
    Errorpoint "errorpoint" plain::errorpoint,
    Area "area" plain::area,
    Density "density" plain::density,
    Heatmap "heatmap" fields::heatmap,
    Contour "contour" fields::contour,
    Quiver "quiver" fields::quiver,
    ThreeD "3d" fields::three_d,
    Graph "graph" composed::graph,
    Tree "tree" composed::tree,
    Radar "radar" composed::radar,
    Combination "CB" composed::combination,
    HardToRecognise "HR" composed::hard_to_recognise,
    PlotInPlot "PIP" composed::plot_in_plot,
    Multidiff "multidiff" composed::multidiff,
}

impl Family {
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|family| family.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_families_are_those_of_chartmimic() {
        let names: BTreeSet<&str> = Family::ALL.iter().map(|family| family.name()).collect();
        let known = "3d CB HR PIP area bar box contour density errorbar errorpoint graph heatmap hist line multidiff pie \
                     quiver radar scatters tree violin";
        assert_eq!(names, known.split(' ').collect());
    }

    #[test]
    fn a_program_is_a_function_of_its_key_and_grows_with_difficulty() {
        for family in Family::ALL {
            let write = |difficulty, seed| family.program(difficulty, &mut Random::new(seed));
            assert_eq!(write(2, 1), write(2, 1));
            assert!((1..20).any(|seed| write(2, seed) != write(2, 0)), "{}", family.name());
            let length = |difficulty| (0..20).map(|seed| write(difficulty, seed).len()).sum::<usize>();
            assert!(length(1) < length(2) && length(2) < length(3), "{}", family.name());
        }
    }
}
