//! The Design2Code evaluator against page pairs and single steps that the official program computed.
//!
//! Two small pairs lie in `tests/goldens/design2code`; the full sets are read as well when `../shared/goldens` lies
//! beside the workspace.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

use galley_measure::design2code::{
    Block, Evaluation, Inputs, PageShots, Raster, View, adjust_cost_for_context, difference_of_means,
    evaluate, find_possible_merge, inpaint, mask,
};
use serde_json::Value;

/// Where the originals' results lie: the two in the repository, then the shared ones where they exist.
fn cases() -> Vec<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders =
        [package.join("tests/goldens/design2code"), package.join("../../../shared/goldens/design2code")];
    let mut cases: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| folder.read_dir().ok())
        .flat_map(|entries| entries.map(|entry| entry.unwrap().path()))
        .filter(|path| path.join("golden.json").is_file())
        .collect();
    cases.sort();
    assert!(cases.len() >= 2);
    cases
}

fn units(file: &str) -> Option<Value> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/goldens/design2code_units").join(file);
    path.is_file().then(|| load(&path))
}

fn load(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn picture(path: &Path) -> image::RgbImage {
    image::open(path).unwrap().to_rgb8()
}

fn raster(picture: &image::RgbImage) -> Raster<'_> {
    Raster::new(picture.width() as usize, picture.height() as usize, picture.as_raw()).unwrap()
}

/// One side of a case, read.
struct Shots {
    texts: Vec<(String, String)>,
    pictures: [image::RgbImage; 3],
}

impl Shots {
    fn read(case: &Path, side: &str, golden: &Value) -> Self {
        let text =
            |item: &Value| (item[0].as_str().unwrap().to_owned(), item[1].as_str().unwrap().to_owned());
        let texts =
            golden[side]["text_colors"].as_array().map_or_else(Vec::new, |t| t.iter().map(text).collect());
        let picture = |suffix: &str| picture(&case.join(format!("{side}{suffix}.png")));
        Self { texts, pictures: [picture(""), picture("_p"), picture("_p_1")] }
    }

    fn page(&self) -> PageShots<'_> {
        let [png, png_p, png_p_1] = &self.pictures;
        PageShots {
            text_colors: &self.texts,
            png: raster(png),
            png_p: raster(png_p),
            png_p_1: raster(png_p_1),
        }
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn blocks(value: &Value) -> Vec<Block> {
    let block = |block: &Value| Block {
        text: block["text"].as_str().unwrap().into(),
        bbox: numbers(&block["bbox"]).try_into().unwrap(),
        color: numbers(&block["color"]).try_into().unwrap(),
    };
    value.as_array().map_or_else(Vec::new, |blocks| blocks.iter().map(block).collect())
}

fn matching(value: &Value) -> Vec<(usize, usize)> {
    let pair = |pair: &Value| (pair[0].as_u64().unwrap() as usize, pair[1].as_u64().unwrap() as usize);
    value.as_array().unwrap().iter().map(pair).collect()
}

#[track_caller]
fn close(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= 1e-9, "{what}: {found} is not {expected}");
}

fn same_blocks(found: &Evaluation, golden: &Value) {
    for (side, name) in [(&found.reference, "ref"), (&found.prediction, "pred")] {
        let expected = &golden[name];
        let pixels = expected["different_pixels"].as_u64().map(|count| count as usize);
        assert_eq!(side.different_pixels, pixels, "{name}");
        assert_eq!(side.blocks_raw, blocks(&expected["blocks_raw"]), "{name}");
        if !expected["blocks_bbox_merged"].is_null() {
            assert_eq!(side.blocks_bbox_merged, blocks(&expected["blocks_bbox_merged"]), "{name}");
        }
    }
    let expected = &golden["merged"];
    assert_eq!(found.merged.is_none(), expected.is_null());
    if let Some(merged) = &found.merged {
        assert_eq!(merged.prediction, blocks(&expected["pred_blocks"]));
        assert_eq!(merged.reference, blocks(&expected["ref_blocks"]));
        assert_eq!(merged.matching, matching(&expected["matching_unfiltered"]));
    }
}

fn same_scores(found: &Evaluation, golden: &Value) {
    let pairs = golden["pairs"].as_array().unwrap();
    assert_eq!(found.pairs.len(), pairs.len());
    for (found, expected) in found.pairs.iter().zip(pairs) {
        let (i, j) = (expected["i"].as_u64().unwrap(), expected["j"].as_u64().unwrap());
        assert_eq!((found.prediction as u64, found.reference as u64), (i, j));
        close(found.text, &expected["text"], "text of a pair");
        close(found.position, &expected["position"], "position of a pair");
        close(found.color, &expected["color"], "colour of a pair");
    }
    let (found, expected) = (&found.scores, &golden["scores"]);
    close(found.sum_areas, &expected["sum_areas"], "sum of areas");
    close(found.block, &expected["block"], "block");
    close(found.text, &expected["text"], "text");
    close(found.position, &expected["position"], "position");
    close(found.color, &expected["color"], "colour");
    close(found.final_without_clip, &expected["final_without_clip"], "final");
    assert_eq!((found.clip, found.total), (None, None));
}

#[test]
fn page_pairs() {
    for case in cases() {
        println!("{}", case.display());
        let golden = load(&case.join("golden.json"));
        let (reference, prediction) =
            (Shots::read(&case, "ref", &golden), Shots::read(&case, "pred", &golden));
        let inputs = Inputs { reference: reference.page(), prediction: prediction.page() };
        let views = RefCell::new(None);
        let found = evaluate(
            &inputs,
            Some(&|prediction: &View, reference: &View| {
                *views.borrow_mut() = Some([prediction.clone(), reference.clone()]);
                None
            }),
        );
        same_blocks(&found, &golden);
        same_scores(&found, &golden);
        for (boxes, side) in
            [(&found.clip_mask_boxes.prediction, "pred"), (&found.clip_mask_boxes.reference, "ref")]
        {
            let expected: Vec<Vec<f64>> =
                golden["clip_mask_boxes"][side].as_array().unwrap().iter().map(numbers).collect();
            assert_eq!(boxes.iter().map(|b| b.to_vec()).collect::<Vec<_>>(), expected, "{side}");
        }
        let views = views.into_inner().unwrap();
        same_pictures(&case, &inputs, &found, &views);
    }
}

/// What CLIP is shown, where the original's pictures were kept.
fn same_pictures(case: &Path, inputs: &Inputs<'_>, found: &Evaluation, views: &[View; 2]) {
    let boxes = [&found.clip_mask_boxes.prediction, &found.clip_mask_boxes.reference];
    for (at, (page, side)) in
        [(inputs.prediction.png, "pred"), (inputs.reference.png, "ref")].into_iter().enumerate()
    {
        let file = case.join(format!("clip_{side}_inpainted.png"));
        if file.is_file() && !boxes[at].is_empty() {
            let painted = inpaint(page, &mask(page.width, page.height, boxes[at]));
            assert_eq!(differences(&painted, picture(&file).as_raw()), (0, 0), "{side} inpainted");
        }
        let file = case.join(format!("clip_{side}_224.png"));
        if file.is_file() {
            assert_eq!(differences(&views[at].rgb, picture(&file).as_raw()), (0, 0), "{side} for CLIP");
        }
    }
}

/// How many bytes differ, and by how much at most.
fn differences(found: &[u8], expected: &[u8]) -> (usize, u8) {
    assert_eq!(found.len(), expected.len());
    let apart = found.iter().zip(expected).map(|(a, b)| a.abs_diff(*b)).filter(|apart| *apart > 0);
    apart.fold((0, 0), |(count, most), apart| (count + 1, most.max(apart)))
}

#[test]
fn costs_with_context() {
    let Some(golden) = units("assignment.json") else { return };
    for case in golden["cases"].as_array().unwrap() {
        let Some(adjusted) = case["adjusted_bonus_0_1_window_1"].as_array() else { continue };
        let rows = |rows: &[Value]| rows.iter().map(numbers).collect::<Vec<_>>();
        let costs = rows(case["cost"].as_array().unwrap());
        let found = adjust_cost_for_context(&costs.concat(), costs.len(), costs.first().map_or(0, Vec::len));
        assert_eq!(found, rows(adjusted).concat());
    }
}

#[test]
fn searches_for_merges() {
    let Some(golden) = units("find_possible_merge.json") else { return };
    for case in golden["cases"].as_array().unwrap() {
        let found = find_possible_merge(blocks(&case["pred"]), blocks(&case["ref"]));
        assert_eq!(found.prediction, blocks(&case["pred_after"]));
        assert_eq!(found.reference, blocks(&case["ref_after"]));
        let pairs: Vec<(usize, usize)> = found.matching.iter().map(|&(i, j, _)| (i, j)).collect();
        assert_eq!(pairs, matching(&case["matching"]));
    }
}

#[test]
fn differences_of_means() {
    let Some(golden) = units("difference_of_means.json") else { return };
    for case in golden["cases"].as_array().unwrap() {
        let found = difference_of_means(&numbers(&case["list1"]), &numbers(&case["list2"]));
        assert_eq!(found, case["result"].as_f64(), "{case}");
    }
}
