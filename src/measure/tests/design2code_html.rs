//! The HTML half of Design2Code against what the official program wrote.
//!
//! `tests/goldens/design2code/pages.json` is this project's own; the full set is read where `../shared/goldens` lies
//! beside the workspace.

use std::path::{Path, PathBuf};

use galley_measure::design2code::preprocess::preprocess;
use galley_measure::design2code::recolor::recolor;
use galley_measure::design2code::soup::{PageError, Soup, universal_newlines};
use galley_measure::design2code::text_colors::text_colors;
use serde_json::{Value, json};

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shared(folder: &str) -> Option<PathBuf> {
    let path = package().join("../../../shared/goldens").join(folder);
    path.is_dir().then_some(path)
}

fn load(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn cases(path: &Path) -> Vec<Value> {
    let cases = load(path)["cases"].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The result as the golden files write it: text, or the name of the error.
fn outcome<T: Into<Value>>(result: Result<T, PageError>) -> Value {
    let error = match result {
        Ok(value) => return value.into(),
        Err(PageError::NotUtf8 { .. }) => "UnicodeDecodeError",
        Err(PageError::Rejected { .. }) => "Rejected",
        Err(PageError::LongReference { .. }) => "LongReference",
        Err(PageError::TooManyTags { .. }) => "TooManyTags",
        Err(PageError::NoColorValue { .. } | PageError::ShortRgb { .. }) => "Index",
        Err(PageError::TooDeep { .. }) => "TooDeep",
    };
    json!({ "error": error })
}

fn texts(html: &str) -> Result<Value, PageError> {
    let texts = text_colors(html)?;
    Ok(texts.iter().map(|(text, color)| json!([text, color.as_str()])).collect())
}

fn html(page: &str) -> Result<String, PageError> {
    Ok(Soup::parse(&universal_newlines(page))?.to_html())
}

/// `null` is something that was not kept.
#[track_caller]
fn same(found: Value, expected: &Value, page: &str) {
    assert!(expected.is_null() || found == *expected, "{page:.200}\n{found:#}\n{expected:#}");
}

#[test]
fn own_pages() {
    for case in cases(&package().join("tests/goldens/design2code/pages.json")) {
        let page = text(&case["input"]);
        same(outcome(html(page)), &case["soup"], page);
        same(outcome(recolor(page, 0)), &case["recolored"], page);
        same(outcome(recolor(page, 50)), &case["recolored_50"], page);
        same(outcome(recolor(page, 0).and_then(|page| texts(&page))), &case["texts"], page);
        same(outcome(texts(page)), &case["texts_as_is"], page);
        let prepared = preprocess(page).map(|page| json!([page.html, page.dedup_start]));
        same(outcome(prepared), &case["preprocessed"], page);
    }
}

#[test]
fn malformed_pages() {
    let Some(folder) = shared("design2code_units") else { return };
    for case in cases(&folder.join("html.json")) {
        let page = text(&case["input"]);
        let prepared = preprocess(page).unwrap().html;
        assert_eq!(prepared, text(&case["preprocessed"]));
        let recolored = recolor(&prepared, 0).unwrap();
        assert_eq!(recolored, text(&case["recoloured_p"]));
        assert_eq!(recolor(&prepared, 50).unwrap(), text(&case["recoloured_p_1"]));
        same(texts(&recolored).unwrap(), &case["texts"], page);
        same(texts(page).unwrap(), &case["texts_without_recolouring"], page);
    }
}

#[test]
fn repetition() {
    let Some(folder) = shared("design2code_units") else { return };
    for case in cases(&folder.join("dedup.json")) {
        let page = text(&case["input"]);
        let start = preprocess(page).unwrap().dedup_start;
        assert_eq!(start.is_some(), case["truncated"].as_bool().unwrap(), "{page:.200}");
        let length = start.unwrap_or(usize::MAX).min(page.chars().count());
        assert_eq!(json!(length), case["output_length"], "{page:.200}");
    }
}

#[test]
fn real_pages() {
    let Some(folder) = shared("design2code") else { return };
    for entry in std::fs::read_dir(folder).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("golden.json").is_file() {
            continue;
        }
        let golden = load(&folder.join("golden.json"));
        let file = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let prepared = preprocess(&file("pred.html")).unwrap();
        assert_eq!(json!(prepared.dedup_start), golden["preprocess"]["dedup_start"], "{}", folder.display());
        assert!(prepared.html == file("pred_preprocessed.html"), "{}", folder.display());
        for (side, page) in [("pred", prepared.html), ("ref", file("ref.html"))] {
            let recolored = recolor(&page, 0).unwrap();
            assert!(recolored == file(&format!("{side}_p.html")), "{side} of {}", folder.display());
            let second = recolor(&page, 50).unwrap();
            assert!(second == file(&format!("{side}_p_1.html")), "{side} of {}", folder.display());
            same(texts(&recolored).unwrap(), &golden[side]["text_colors"], &recolored);
        }
    }
}

/// A page of any depth and any number of open ends is read in one pass and without recursion.
#[test]
fn deep_and_unclosed_pages_end() {
    let deep = "<div>".repeat(100_000);
    assert_eq!(Soup::parse(&deep).unwrap().to_html().len(), deep.len() + "</div>".len() * 100_000);
    assert!(matches!(text_colors(&format!("<body>{deep}x")), Err(PageError::TooDeep { .. })));
    for open in ["<a ", "<!--", "<a b='", "<![cdata[", "&", "<", "</a", "<!doctype"] {
        assert!(Soup::parse(&open.repeat(20_000)).is_ok(), "{open}");
    }
}
