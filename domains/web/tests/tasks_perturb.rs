//! Perturbations keep their promises on generated pages and on real ones.

use std::{collections::BTreeSet, path::Path};

use galley_core::{Perturbed, Random, Span, Split};
use galley_web::{
    perturb::{Kind, Perturber, apply, perturb},
    tasks::{Family, Generator, Scene, Vocabulary},
};

fn generated(difficulty: u8, count: usize) -> Vec<String> {
    let scene = Scene { difficulty, width: 256 };
    let generator = Generator { seed: 3, families: Family::ALL.to_vec(), scene };
    generator.pages(Split::Train, count).into_iter().map(|page| page.program).collect()
}

/// The 60 pages of the golden data; none where they are absent.
fn real() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/goldens/design2code_pages");
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = files.filter_map(|file| Some(file.ok()?.path()));
    let pages = paths.filter(|path| path.extension().is_some_and(|extension| extension == "html"));
    pages.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn check(original: &str, perturbed: &Perturbed, strength: usize) {
    assert_ne!(original, perturbed.program);
    assert_eq!(apply(original, &perturbed.edits), perturbed.program);
    assert!((1..=strength).contains(&perturbed.edits.len()));
    for edit in &perturbed.edits {
        assert!(edit.span.slice(original).is_some_and(|old| old != edit.replacement), "{edit:?}");
        assert!(Kind::named(&edit.kind).is_some());
    }
    for pair in perturbed.edits.windows(2) {
        let apart = pair[0].span.end <= pair[1].span.start && pair[0].span.start < pair[1].span.start;
        assert!(apart, "{pair:?}");
    }
}

#[test]
fn edits_are_disjoint_and_give_the_program() {
    let random = Random::new(5);
    for (index, page) in generated(2, 140).iter().chain(&real()).enumerate() {
        for strength in [1, 2, 3, 6, 14] {
            let mut random = random.at(index as u64).at(strength as u64);
            let perturbed =
                perturb(page, strength, &mut random).unwrap_or_else(|| panic!("nothing to change: {page}"));
            check(page, &perturbed, strength);
        }
    }
}

#[test]
fn the_same_random_numbers_give_the_same_result() {
    for page in generated(3, 30) {
        assert_eq!(perturb(&page, 3, &mut Random::new(1)), perturb(&page, 3, &mut Random::new(1)));
    }
}

#[test]
fn a_page_without_places_is_not_perturbed() {
    for page in ["", "<body></body>", "plain < text", "<html><head><title>x</title></head></html>"] {
        let perturber = Perturber { vocabulary: Vocabulary::of(2), kinds: vec![Kind::Color, Kind::Image] };
        assert_eq!(perturber.perturb(page, 2, &mut Random::new(1)), None, "{page}");
    }
    assert_eq!(perturb("", 1, &mut Random::new(1)), None);
}

/// All six attributes of the page change when six edits are asked for, and the result is a page of the same family.
#[test]
fn value_edits_stay_in_the_family() {
    let page = r##"<body style="background:#069"><div style="background:#f0c;color:#fff;width:40%;height:30%">home</div></body>"##;
    for difficulty in 1..=3 {
        let vocabulary = Vocabulary::of(difficulty);
        let perturber = Perturber { vocabulary, kinds: vec![Kind::Color, Kind::Layout, Kind::Text] };
        for seed in 0..50 {
            let perturbed = perturber.perturb(page, 6, &mut Random::new(seed)).unwrap();
            check(page, &perturbed, 6);
            assert_eq!(perturbed.edits.len(), 6);
            let old: Vec<&str> = perturbed.edits.iter().map(|edit| edit.span.slice(page).unwrap()).collect();
            assert_eq!(old, ["#069", "#f0c", "#fff", "40%", "30%", "home"]);
            assert_eq!(perturbed.edits[2].replacement, "#000");
            for edit in &perturbed.edits[3..5] {
                let step: u32 = edit.replacement.strip_suffix('%').unwrap().parse().unwrap();
                assert!(vocabulary.percents.contains(&step));
            }
            assert!(vocabulary.words.contains(&perturbed.edits[5].replacement.as_str()));
        }
    }
}

#[test]
fn every_kind_finds_places_on_rich_pages() {
    for kind in Kind::ALL {
        let perturber = Perturber { vocabulary: Vocabulary::of(3), kinds: vec![kind] };
        let pages = generated(3, 140);
        let found =
            pages.iter().filter(|page| perturber.perturb(page, 1, &mut Random::new(1)).is_some()).count();
        assert!(found > 5, "{kind:?}: {found}");
    }
}

#[test]
fn kinds_are_drawn_evenly_on_real_pages() {
    let mut counts = [0; 6];
    for (index, page) in real().iter().enumerate() {
        for edit in perturb(page, 6, &mut Random::new(index as u64)).unwrap().edits {
            counts[Kind::named(&edit.kind).unwrap() as usize] += 1;
        }
    }
    let total: usize = counts.iter().sum();
    assert!(total == 0 || counts.iter().all(|count| *count > total / 20), "{counts:?}");
}

#[test]
fn an_edit_changes_what_it_says() {
    let page = r##"<body><style>.row { display:flex; gap:20px; }</style><nav class="row"><b>a</b></nav><img src="a.png"><img src="b.png"><h1 style="text-align:center;margin-left:0">T</h1></body>"##;
    let mut seen = BTreeSet::new();
    for seed in 0..300 {
        let perturbed = perturb(page, 1, &mut Random::new(seed)).unwrap();
        let Span { start, end } = perturbed.edits[0].span;
        seen.insert(format!("{} {}", perturbed.edits[0].kind, &page[start..end]));
    }
    for expected in [
        "layout flex",
        "layout 20px",
        "alignment center",
        "alignment 0",
        "component ",
        "component <b>a</b>",
        r##"image <img src="a.png">"##,
        "image a.png",
        "text T",
    ] {
        assert!(seen.contains(expected), "{expected} is not among {seen:#?}");
    }
}
