//! The ports against numbers that the original Python programs printed.
//!
//! A few rows lie in `tests/goldens`; the full set is read as well when `../shared/goldens` lies beside the workspace.

use std::path::{Path, PathBuf};

use galley_measure::{assignment, block_emd, color, difflib, msps, ssim};
use serde_json::Value;

/// The committed folder, and the full one where it exists.
fn folders(full: &str) -> Vec<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![package.join("tests/goldens")];
    let shared = package.join("../../../shared/goldens").join(full);
    if shared.is_dir() {
        folders.push(shared);
    }
    folders
}

fn load(folder: &Path, file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join(file)).unwrap()).unwrap()
}

fn rows<'a>(golden: &'a Value, key: &str) -> &'a Vec<Value> {
    let rows = golden[key].as_array().unwrap();
    assert!(!rows.is_empty());
    rows
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn indices(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|number| number as usize).collect()
}

#[track_caller]
fn close(found: f64, expected: &Value, tolerance: f64, what: &str) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= tolerance, "{what}: {found} is not {expected}");
}

#[test]
fn difflib_ratios_and_blocks() {
    for folder in folders("design2code_units") {
        for row in rows(&load(&folder, "difflib.json"), "pairs") {
            let (a, b) = (row["a"].as_str().unwrap(), row["b"].as_str().unwrap());
            close(difflib::ratio(a, b), &row["ratio"], 0.0, a);
            close(difflib::ratio(b, a), &row["ratio_swapped"], 0.0, a);
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            close(difflib::ratio_of(&a, &b, false), &row["ratio_no_autojunk"], 0.0, "without autojunk");
            let found: Vec<Vec<usize>> = difflib::matching_blocks(&a, &b, true)
                .iter()
                .map(|block| vec![block.a_start, block.b_start, block.size])
                .collect();
            let expected: Vec<Vec<usize>> = row["blocks"].as_array().unwrap().iter().map(indices).collect();
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn assignments_with_ties() {
    for folder in folders("design2code_units") {
        for case in rows(&load(&folder, "assignment.json"), "cases") {
            for (cost, rows, columns) in
                [("cost", "rows", "cols"), ("adjusted_bonus_0_1_window_1", "adjusted_rows", "adjusted_cols")]
            {
                let Some(cost) = case[cost].as_array() else { continue };
                let cost: Vec<Vec<f64>> = cost.iter().map(numbers).collect();
                let width = cost.first().map_or(0, Vec::len);
                let found = assignment::linear_sum_assignment(&cost.concat(), cost.len(), width).unwrap();
                let expected: Vec<(usize, usize)> =
                    indices(&case[rows]).into_iter().zip(indices(&case[columns])).collect();
                assert_eq!(found, expected, "{cost:?}");
            }
        }
    }
}

#[test]
fn colour_differences() {
    for folder in folders("images") {
        for pair in rows(&load(&folder, "ciede2000.json"), "pairs") {
            let rgb = |key: &str| <[f64; 3]>::try_from(numbers(&pair[key])).unwrap();
            let (first, second) = (rgb("rgb1"), rgb("rgb2"));
            let lab = color::lab(first);
            for (found, expected) in [lab.l, lab.a, lab.b].into_iter().zip(pair["lab1"].as_array().unwrap()) {
                close(found, expected, 1e-9, "Lab");
            }
            close(color::ciede2000(lab, color::lab(second)), &pair["delta_e"], 1e-9, "ΔE");
            close(color::similarity(first, second), &pair["similarity"], 1e-9, "similarity");
        }
    }
}

#[test]
fn picture_similarities() {
    for folder in folders("images") {
        let golden = load(&folder, "golden.json");
        for (name, expected) in golden["pairs"].as_object().unwrap() {
            let picture = |side: &str| {
                image::open(folder.join(format!("{name}_{side}.png"))).unwrap().to_rgb8().into_raw()
            };
            let size = indices(&expected["size"]);
            let (a, b) = (picture("pred"), picture("ref"));
            let found = ssim::gray(&ssim::luma(&a), &ssim::luma(&b), size[0], size[1]).unwrap();
            close(found, &expected["ssim_gray_skimage"], 1e-9, name);
            let levels = msps::mse_levels(&a, &b, size[0], size[1]);
            for (found, expected) in levels.iter().zip(expected["msps_mse_levels"].as_array().unwrap()) {
                close(*found, expected, 1e-6, name);
            }
            close(msps::msps(&a, &b, size[0], size[1]), &expected["msps"], 1e-6, name);
            let helm = ssim::helm(&a, &b, size[0], size[1]).unwrap();
            close(helm, &expected["ssim_helm"], 1e-9, name);
            let vcoder = ssim::vcoder(&a, (size[0], size[1]), &b, (size[0], size[1]));
            close(vcoder.ssim, &expected["ssim_vcoder_ssim_part"], 1e-9, name);
            close(vcoder.pixel, &expected["ssim_vcoder_pixel_part"], 1e-12, name);
            close(vcoder.value(), &expected["ssim_vcoder"], 1e-9, name);
            let ems = block_emd::ems(&a, &b, size[0], size[1]).unwrap();
            close(ems, &expected["ems"], 0.0, name);
        }
    }
}
