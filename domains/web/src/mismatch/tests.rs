use crate::{
    hand_built::{render, task},
    mismatch::{Mismatch, MismatchAxis, mismatches},
};

fn found(reference: &str, attempt: &str) -> Vec<Mismatch> {
    mismatches(&task(reference), &render(attempt))
}

/// The targets that an attempt is told, in order; `-` for a mismatch without one.
#[track_caller]
fn targets(reference: &str, attempt: &str, expected: &[&str]) {
    let found = found(reference, attempt);
    let targets: Vec<&str> = found.iter().map(|mismatch| mismatch.target.as_deref().unwrap_or("-")).collect();
    assert_eq!(targets, expected, "{attempt}\n{found:#?}");
}

const PAGE: &str = r#"<body style="background:#a3c"><div style="background:#f0a;color:#fff;width:45%;height:30%">word</div></body>"#;

#[test]
fn the_reference_has_nothing_wrong() {
    targets(PAGE, PAGE, &[]);
}

#[test]
fn each_wrong_declaration_is_quoted_and_no_other() {
    let wrong = [
        ("background:#a3c", "background:#a4c"),
        ("background:#f0a", "background:#f0b"),
        ("color:#fff", "color:#efe"),
        ("width:45%", "width:50%"),
        ("height:30%", "height:25%"),
        (">word<", ">ward<"),
    ];
    let quotes = [
        "body background:#a3c",
        "div background:#f0a",
        "div color:#fff",
        "div width:45%",
        "div height:30%",
        "div text:word",
    ];
    for set in 0..1u32 << wrong.len() {
        let chosen = |at: &usize| set >> at & 1 == 1;
        let mut attempt = PAGE.to_owned();
        for (right, wrong) in (0..wrong.len()).filter(chosen).map(|at| wrong[at]) {
            // `color:#fff` also ends `background-color:…`, which no page here has.
            attempt = attempt.replace(right, wrong);
        }
        let expected: Vec<&str> = (0..wrong.len()).filter(chosen).map(|at| quotes[at]).collect();
        targets(PAGE, &attempt, &expected);
    }
}

#[test]
fn messages_tell_the_element_the_direction_and_the_magnitude() {
    let attempt = PAGE.replace("width:45%", "width:55%").replace("#f0a", "#0fa").replace("word", "term");
    let messages: Vec<String> = found(PAGE, &attempt).into_iter().map(|mismatch| mismatch.message).collect();
    assert_eq!(
        messages,
        [
            "`div` \"term\": background is #0fa, should be #f0a",
            "`div` \"term\": 30 px too wide (55 % of its parent, should be 45 %)",
            "`div` \"term\": text is \"term\", should be \"word\"",
        ]
    );
}

#[test]
fn axes_and_regions_are_those_of_the_attempt() {
    let attempt = PAGE.replace("width:45%", "width:55%").replace("#f0a", "#0fa").replace("word", "term");
    let found = found(PAGE, &attempt);
    let axes: Vec<MismatchAxis> = found.iter().map(|mismatch| mismatch.axis).collect();
    assert_eq!(axes, [MismatchAxis::Color, MismatchAxis::Block, MismatchAxis::Text]);
    assert!(found.iter().all(|mismatch| mismatch.region == render(&attempt).elements[1].region));
}

#[test]
fn order_and_spelling_in_the_attempt_do_not_matter() {
    let attempt = "<body style='background:#aa33cc'>\n<div style='height:30%;width:45%;color:white;background:#ff00aa'> word </div>";
    targets(PAGE, attempt, &[]);
}

#[test]
fn what_rounding_hides_is_right() {
    targets(PAGE, &PAGE.replace("width:45%", "width:46%").replace("#f0a", "#fa02a8"), &[]);
}

#[test]
fn a_missing_element_is_quoted_with_all_its_declarations() {
    let attempt = r#"<body style="background:#a3c"></body>"#;
    let expected = [
        "div missing",
        "div background:#f0a",
        "div color:#fff",
        "div width:45%",
        "div height:30%",
        "div text:word",
    ];
    targets(PAGE, attempt, &expected);
    assert!(found(PAGE, attempt).iter().all(|mismatch| mismatch.region == render(PAGE).elements[1].region));
}

#[test]
fn a_missing_declaration_is_a_wrong_one() {
    targets(PAGE, &PAGE.replace("width:45%;", ""), &["div width:45%"]);
    targets(PAGE, &PAGE.replace("background:#f0a;", ""), &["div background:#f0a"]);
    targets(PAGE, &PAGE.replace(" style=\"background:#a3c\"", ""), &["body background:#a3c"]);
    targets(PAGE, &PAGE.replace("word", ""), &["div text:word"]);
}

const BOXES: &str = concat!(
    r#"<body style="background:#fff"><div style="background:#f00;color:#fff;width:40%;height:20%">one</div>"#,
    r#"<div style="background:#0f0;color:#000;width:50%;height:30%">two</div>"#,
    r#"<div style="background:#00f;color:#fff;width:60%;height:25%">six</div></body>"#
);

#[test]
fn siblings_that_a_wrong_size_moves_are_right() {
    targets(BOXES, &BOXES.replace("height:20%", "height:35%"), &["div height:20%"]);
}

#[test]
fn a_dropped_sibling_is_the_one_that_is_missing() {
    let dropped = r#"<div style="background:#0f0;color:#000;width:50%;height:30%">two</div>"#;
    let expected = [
        "div missing",
        "div background:#0f0",
        "div color:#000",
        "div width:50%",
        "div height:30%",
        "div text:two",
    ];
    targets(BOXES, &BOXES.replace(dropped, ""), &expected);
}

#[test]
fn a_surplus_element_has_no_target_and_comes_last() {
    let attempt =
        BOXES.replace("</body>", r#"<div style="background:#ff0">new</div></body>"#).replace("#f00", "#f30");
    targets(BOXES, &attempt, &["div background:#f00", "-"]);
    assert_eq!(found(BOXES, &attempt)[1].message, "`div` \"new\" is not in the target");
}

#[test]
fn all_wrong_siblings_keep_their_order() {
    let attempt = BOXES.replace("#f00", "#aaa").replace("#0f0", "#bbb").replace("#00f", "#ccc");
    targets(BOXES, &attempt, &["div background:#f00", "div background:#0f0", "div background:#00f"]);
}

const NESTED: &str = concat!(
    r#"<body><div style="background:#eee;width:50%;height:60%"><p style="color:#333;width:50%">a</p>"#,
    r#"<p style="margin-left:24px;font-size:20px">b</p></div></body>"#
);

#[test]
fn children_in_a_wrong_parent_are_right() {
    targets(NESTED, &NESTED.replacen("width:50%", "width:70%", 1), &["div width:50%"]);
}

#[test]
fn margins_and_type_sizes_are_judged_by_their_computed_values() {
    let attempt =
        NESTED.replace("margin-left:24px", "margin-left:4px").replace("font-size:20px", "font-size:14px");
    targets(NESTED, &attempt, &["p margin-left:24px", "p font-size:20px"]);
    let axes: Vec<MismatchAxis> = found(NESTED, &attempt).iter().map(|mismatch| mismatch.axis).collect();
    assert_eq!(axes, [MismatchAxis::Position, MismatchAxis::Block]);
}

#[test]
fn a_wrapper_hides_nothing() {
    let attempt = NESTED.replace("<body>", "<body><div>").replace("</body>", "</div></body>");
    let found = found(NESTED, &attempt);
    assert!(found.iter().all(|mismatch| !mismatch.message.contains("missing")), "{found:#?}");
}

#[test]
fn an_added_colour_is_reported_without_a_target() {
    targets(NESTED, &NESTED.replace("margin-left:24px", "margin-left:24px;color:#c00"), &["-"]);
}

#[test]
fn tasks_without_a_reference_or_its_source_are_no_trouble() {
    let mut task = task(PAGE);
    let attempt = render(&PAGE.replace("#f0a", "#0a0"));
    if let Some(reference) = task.reference.as_mut() {
        reference.program = None;
    }
    let found = mismatches(&task, &attempt);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].target, None);
    task.reference = None;
    assert!(mismatches(&task, &attempt).is_empty());
}

#[test]
fn swapped_siblings_are_told_that_they_are_out_of_order() {
    let (first, second) = (
        r#"<p style="color:#900;font-size:30px">one</p>"#,
        r#"<div style="background:#0f0;height:40%">two</div>"#,
    );
    let reference = format!("<body>{first}{second}</body>");
    let attempt = format!("<body>{second}{first}</body>");
    let found = found(&reference, &attempt);
    assert!(!found.is_empty());
    assert!(found.iter().all(|mismatch| mismatch.axis == MismatchAxis::Position), "{found:#?}");
    assert!(found.iter().all(|mismatch| mismatch.message.contains("out of its order")), "{found:#?}");
}

#[test]
fn declarations_of_style_sheets_are_quoted() {
    let reference = "<style>body{background:#309}@media(max-width:600px){body{background:#cf6}}.a{width:40%}</style>\
                     <body><div class=\"a\" style=\"color:#fff;background:#f00\">x</div></body>";
    // The stand-in browser reads no style sheets: what it would compute is written by hand.
    let computed = |body: &str, width: f64| {
        let program = reference[reference.find("</style>").map_or(0, |at| at + 8)..].to_owned();
        let mut page = render(&program);
        let offset = reference.len() - program.len();
        for element in &mut page.elements {
            element.span = element.span.map(|span| span.shifted(offset));
        }
        page.elements[0].style.insert("background-color".into(), body.into());
        page.elements[1].region.width = width;
        page.elements[0].style.insert(crate::css::WINNERS.into(), "1".into());
        page.elements[1].style.insert(crate::css::WINNERS.into(), "2".into());
        page
    };
    let mut task = task(reference);
    if let Some(target) = task.reference.as_mut() {
        target.render = std::sync::Arc::new(computed("rgb(204, 255, 102)", 120.0));
    }
    let found = mismatches(&task, &computed("rgb(0, 0, 0)", 200.0));
    let targets: Vec<Option<&str>> = found.iter().map(|mismatch| mismatch.target.as_deref()).collect();
    assert_eq!(targets, [Some("body background:#cf6"), Some("div width:40%")]);
}
