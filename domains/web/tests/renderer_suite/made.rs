//! Elements that scripts made have the span of the statement that made them.

use std::sync::LazyLock;

use crate::common::{PATIENCE, small};
use galley_core::{Render, Renderer};
use galley_web::renderer::{RendererOptions, SOURCE, Scripts, WebRenderer};

static LIVE: LazyLock<WebRenderer> = LazyLock::new(|| {
    small(RendererOptions { scripts: Scripts::Sandbox, browsers: 1, tabs: 1, ..RendererOptions::default() })
});

/// The source of the first element of a kind, and how it was found.
fn source<'a>(program: &'a str, render: &Render, kind: &str) -> (&'a str, String) {
    let element = render.elements.iter().find(|element| element.kind == kind).unwrap();
    let how = element.style.get(SOURCE).cloned().unwrap_or_default();
    (element.span.and_then(|span| span.slice(program)).unwrap_or("nothing"), how)
}

const PAGE: &str = r#"<!doctype html>
<body onload="
  var h = document.createElement('h3'); h.textContent = 'h'; document.body.append(h)"><p>ä</p>
<script>var one = 1; add("ü", "i");
function add(text, name) {
  const e = document.createElement(name); e.textContent = text;
  document.body.append(e);
}
add("two", "u");
document.body.insertAdjacentHTML("beforeend", "<b>bold</b><table><tr><td>c</table>");
eval("document.body.append(Object.assign(document.createElement('s'), {textContent: 's'}))");
document.write("<em>w</em>");
</script>  <script>document.body.append(document.createElement("kbd"), "x"); document.querySelector("kbd").append("k")</script>
<table><tr><td id=d>d</table>"#;

#[test]
fn statements_of_scripts_are_found() {
    let render = LIVE.render(PAGE, PATIENCE).unwrap();
    let of = |kind| source(PAGE, &render, kind);
    let make = "const e = document.createElement(name);";
    for (kind, text) in [
        ("i", make),
        ("u", make),
        ("b", r#"document.body.insertAdjacentHTML("beforeend", "<b>bold</b><table><tr><td>c</table>");"#),
        ("em", r#"document.write("<em>w</em>");"#),
        ("kbd", r#"document.body.append(document.createElement("kbd"), "x");"#),
        (
            "s",
            r#"eval("document.body.append(Object.assign(document.createElement('s'), {textContent: 's'}))");"#,
        ),
    ] {
        assert_eq!(of(kind), (text, "statement".to_owned()), "{kind}");
    }
    // The source names it, a handler made it, HTML implies it.
    assert_eq!(of("p"), ("<p>ä</p>", String::new()));
    assert_eq!(of("h3").1, "parent");
    let cell = render.elements.iter().position(|element| element.text == "d").unwrap();
    let row = render.elements[cell].parent.and_then(|row| render.elements[row].parent).unwrap();
    assert_eq!(
        (render.elements[row].kind.as_str(), &render.elements[row].style[SOURCE][..]),
        ("tbody", "parent")
    );
}

#[test]
fn the_next_page_has_its_own_statements_and_none_without_scripts() {
    let page = |name: &str| {
        format!(
            "<p>x</p>\r\n<script>\r\nlet e = document.createElement('{name}');\r\ne.append('y'); document.body.append(e)</script>"
        )
    };
    for name in ["i", "b", "i"] {
        let program = page(name);
        let render = LIVE.render(&program, PATIENCE).unwrap();
        let expected = format!("let e = document.createElement('{name}');");
        assert_eq!(source(&program, &render, name), (expected.as_str(), "statement".into()));
    }
    let still = LIVE.render("<table><tr><td>x</table>", PATIENCE).unwrap();
    assert!(still.elements.iter().all(|element| element.style.get(SOURCE).is_none_or(|how| how == "parent")));
}
