//! The declarations that win are the browser's own winners.

use galley_core::Render;
use galley_web::{css, inject::outline};

use super::common::render;

/// What decides how the elements of a kind look, in order of kind and declaration.
fn deciding(program: &str, kind: &str) -> Vec<String> {
    let render: Render = render(program);
    let rules = css::rules(program, &outline(program));
    let found = css::deciders(program, &rules, &render.elements);
    let of_kind = render.elements.iter().zip(found).filter(|(element, _)| element.kind == kind);
    of_kind
        .flat_map(|(_, deciders)| deciders)
        .map(|decider| {
            format!("{}{}", decider.declaration.quoted, if decider.inherited { " (inherited)" } else { "" })
        })
        .collect()
}

#[track_caller]
fn check(program: &str, kind: &str, expected: &[&str]) {
    assert_eq!(deciding(program, kind), expected, "{program}");
}

#[test]
fn specificity_order_and_importance() {
    check("<style>#a{color:red}p{color:blue}.b{color:lime}</style><p id=a class=b>x", "p", &["color:red"]);
    check("<style>p{top:1px}p{top:2px}</style><p>x", "p", &["top:2px"]);
    check(
        "<style>p{top:1px!important}p.b{top:2px}</style><p class=b style='top:3px'>x",
        "p",
        &["top:1px!important"],
    );
    check("<style>p{top:1px}</style><p style='top:3px'>x", "p", &["top:3px"]);
}

#[test]
fn combinators_states_and_nesting() {
    check(
        "<style>div>p{top:1px}p:hover{top:2px}div{p{left:3px}}</style><div><p>x</div>",
        "p",
        &["top:1px", "left:3px"],
    );
    check("<style>[title]~p{top:1px}ul p{top:2px}</style><i title=x></i><p>x", "p", &["top:1px"]);
}

#[test]
fn groups_apply_when_the_browser_says_so() {
    let program = "<style>p{top:1px}@media(min-width:9000px){p{top:2px}}@media print{p{top:3px}}\
                   @supports(display:grid){p{left:4px}}@layer a{p{left:5px;right:6px}}</style><p>x";
    check(program, "p", &["top:1px", "left:4px", "right:6px"]);
    check("<style media=print>p{top:1px}</style><p>x", "p", &[]);
}

#[test]
fn shorthands_share_their_longhands() {
    let program = "<style>p{margin-top:1px}p{margin:2px}p{margin-left:3px}div{background:red}\
                   .c{background-color:blue}</style><p>x</p><div class=c>y</div>";
    check(program, "p", &["margin:2px", "margin-left:3px"]);
    check(program, "div", &["background:red", "background-color:blue"]);
}

#[test]
fn inherited_values_are_traced_to_their_declaration() {
    let program = "<style>body{color:red;font-size:20px;width:90px}.d{font-size:9px}</style><div class=d><p>x</p></div>";
    check(program, "p", &["color:red (inherited)", "font-size:9px (inherited)"]);
    check(
        "<style>body{top:1px}p{color:red}</style><div><p>x<b>y</b></p></div>",
        "b",
        &["color:red (inherited)"],
    );
}

#[test]
fn imports_stay_the_first_rules_of_their_sheet() {
    let program = "<style>@import url('data:text/css,p{color:lime}');p{top:1px}</style><p>x";
    let render = render(program);
    let p = render.elements.iter().find(|element| element.kind == "p").unwrap();
    assert_eq!(p.style["color"], "rgb(0, 255, 0)");
    check(program, "p", &["top:1px"]);
}
