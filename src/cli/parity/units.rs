//! Single steps of the Design2Code evaluator, a file each.

use std::path::Path;

use anyhow::{Context, Result};
use galley_measure::{
    assignment::linear_sum_assignment,
    design2code::{
        adjust_cost_for_context, difference_of_means, find_possible_merge, preprocess::preprocess,
        recolor::recolor, text_colors::text_colors,
    },
    difflib,
};
use serde_json::Value;

use super::{
    design2code::blocks,
    read::{json, list, number, numbers, places, string},
    tally::Tally,
};

/// File, key of its list of cases, and what checks one.
const STEPS: [(&str, &str, fn(&Value, &mut Tally) -> Result<()>); 6] = [
    ("difflib.json", "pairs", ratio),
    ("assignment.json", "cases", assignment),
    ("find_possible_merge.json", "cases", merge),
    ("difference_of_means.json", "cases", means),
    ("dedup.json", "cases", dedup),
    ("html.json", "cases", html),
];

pub fn check(folder: &Path, tally: &mut Tally) -> Result<()> {
    for (file, key, step) in STEPS {
        let path = folder.join(file);
        if !path.is_file() {
            continue;
        }
        for (index, case) in list(&json(&path)?, key)?.iter().enumerate() {
            let name = format!("{file} {index}");
            tally.case(&name);
            if let Err(error) = step(case, tally) {
                tally.failed(&name, &error);
            }
        }
    }
    Ok(())
}

fn ratio(case: &Value, tally: &mut Tally) -> Result<()> {
    let (a, b) = (string(&case["a"])?, string(&case["b"])?);
    let (left, right): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    for (key, found) in [
        ("ratio", difflib::ratio(a, b)),
        ("ratio_swapped", difflib::ratio(b, a)),
        ("ratio_no_autojunk", difflib::ratio_of(&left, &right, false)),
    ] {
        if !case[key].is_null() {
            tally.number(&format!("difflib {key}"), found, number(&case[key])?, 0.0);
        }
    }
    if let Some(expected) = case["blocks"].as_array() {
        let blocks = difflib::matching_blocks(&left, &right, true);
        let found: Vec<Vec<f64>> = blocks
            .iter()
            .map(|block| [block.a_start, block.b_start, block.size].map(|n| n as f64).to_vec())
            .collect();
        tally.same("difflib blocks", &found, &expected.iter().map(numbers).collect::<Result<_>>()?);
    }
    Ok(())
}

fn assignment(case: &Value, tally: &mut Tally) -> Result<()> {
    let rows = |key: &str| list(case, key)?.iter().map(numbers).collect::<Result<Vec<_>>>();
    let assigned = |costs: &[Vec<f64>], row: &str, column: &str, tally: &mut Tally| -> Result<()> {
        let width = costs.first().map_or(0, Vec::len);
        let found =
            linear_sum_assignment(&costs.concat(), costs.len(), width).context("there is no assignment")?;
        let (rows, columns) = (numbers(&case[row])?, numbers(&case[column])?);
        let expected: Vec<(usize, usize)> =
            rows.into_iter().zip(columns).map(|(row, column)| (row as usize, column as usize)).collect();
        tally.same("assignment", &found, &expected);
        Ok(())
    };
    let costs = rows("cost")?;
    assigned(&costs, "rows", "cols", tally)?;
    if !case["adjusted_bonus_0_1_window_1"].is_null() {
        let adjusted = rows("adjusted_bonus_0_1_window_1")?;
        let width = costs.first().map_or(0, Vec::len);
        let found = adjust_cost_for_context(&costs.concat(), costs.len(), width);
        tally.numbers("cost with context", &found, &adjusted.concat(), 0.0);
        assigned(&adjusted, "adjusted_rows", "adjusted_cols", tally)?;
    }
    Ok(())
}

fn merge(case: &Value, tally: &mut Tally) -> Result<()> {
    let found = find_possible_merge(blocks(&case["pred"])?, blocks(&case["ref"])?);
    tally.same("merge, predicted blocks", &found.prediction, &blocks(&case["pred_after"])?);
    tally.same("merge, reference blocks", &found.reference, &blocks(&case["ref_after"])?);
    let pairs: Vec<(usize, usize)> = found.matching.iter().map(|&(i, j, _)| (i, j)).collect();
    tally.same("merge, matching", &pairs, &places(&case["matching"])?);
    Ok(())
}

/// The original raises where the golden holds the name of an exception; there is no result.
fn means(case: &Value, tally: &mut Tally) -> Result<()> {
    let found = difference_of_means(&numbers(&case["list1"])?, &numbers(&case["list2"])?);
    let expected = case["result"].as_f64();
    tally.same("difference of means exists", &found.is_some(), &expected.is_some());
    if let (Some(found), Some(expected)) = (found, expected) {
        tally.number("difference of means", found, expected, 0.0);
    }
    Ok(())
}

fn dedup(case: &Value, tally: &mut Tally) -> Result<()> {
    let found = preprocess(string(&case["input"])?)?;
    let truncated = case["truncated"].as_bool().context("`truncated` is no truth value")?;
    tally.same("repetition found", &found.dedup_start.is_some(), &truncated);
    if let Some(start) = found.dedup_start {
        tally.number("repetition starts at", start as f64, number(&case["output_length"])?, 0.0);
    }
    Ok(())
}

fn html(case: &Value, tally: &mut Tally) -> Result<()> {
    let found = preprocess(string(&case["input"])?)?.html;
    tally.same("preprocessed page", &found.as_str(), &string(&case["preprocessed"])?);
    let first = recolor(&found, 0)?;
    tally.same("recoloured page", &first.as_str(), &string(&case["recoloured_p"])?);
    tally.same("recoloured page", &recolor(&found, 50)?.as_str(), &string(&case["recoloured_p_1"])?);
    // The second is of the page as it came.
    for (page, key) in [(first.as_str(), "texts"), (string(&case["input"])?, "texts_without_recolouring")] {
        let Some(expected) = case[key].as_array() else { continue };
        let found: Vec<(String, String)> =
            text_colors(page)?.into_iter().map(|(text, color)| (text, color.as_str().to_owned())).collect();
        let pair = |item: &Value| Ok((string(&item[0])?.to_owned(), string(&item[1])?.to_owned()));
        tally.same("text colours", &found, &expected.iter().map(pair).collect::<Result<_>>()?);
    }
    Ok(())
}
