//! What numbering its elements does to a page: the pixels before and after, and the elements left without a number.

use std::{collections::BTreeMap, path::Path, time::Duration};

use galley_web::{
    browser::{Outcome, Page},
    inject::{Injected, Outline, inject, outline},
    renderer::{RendererOptions, WebRenderer},
};
use serde_json::{Value, json};

use crate::plain::Plain;

const PATIENCE: Duration = Duration::from_secs(60);

/// The reason that is a fault of the numbering.
const WRITTEN: &str = "written, but not numbered";

/// Shows pages with and without numbers, and reads the trees that the browser makes of them.
pub struct Auditor {
    renderer: WebRenderer,
    plain: Plain,
}

/// One element of the browser's tree, in document order.
pub struct Made {
    pub name: String,
    /// Its number in the source.
    pub number: Option<usize>,
}

pub struct Audit {
    pub outline: Outline,
    pub injected: Injected,
    pub tree: Vec<Made>,
    /// Whether the picture of the whole page is the same, byte by byte; `None` where there is no picture.
    pub identical: Option<bool>,
}

impl Auditor {
    pub fn start(binary: &Path) -> Self {
        let options = RendererOptions {
            full_page: true,
            cache: 0,
            chrome: Some(binary.to_owned()),
            ..RendererOptions::default()
        };
        Self { renderer: WebRenderer::start(options).unwrap(), plain: Plain::launch(binary) }
    }

    pub fn audit(&self, program: &str) -> Audit {
        let outline = outline(program);
        let injected = inject(program, &outline, &BTreeMap::new(), true);
        let before = self.picture(program, &injected);
        let after = self.picture(&injected.html, &injected);
        let identical = before.zip(after).map(|(before, after)| before == after);
        let tree = self.tree(&injected);
        Audit { outline, injected, tree, identical }
    }

    /// The PNG of the whole page.
    fn picture(&self, html: &str, injected: &Injected) -> Option<Vec<u8>> {
        let page = Page {
            html,
            attribute: &injected.attribute,
            slots: 0,
            loads: injected.loads,
            spoils: true,
            scripts: false,
            report: "",
        };
        match self.renderer.pool().show(page, PATIENCE) {
            Ok(Outcome::Shown(shot)) => Some(shot.png),
            Ok(Outcome::Late | Outcome::Crashed | Outcome::Fled) | Err(_) => None,
        }
    }

    fn tree(&self, injected: &Injected) -> Vec<Made> {
        let tab = self.plain.open("about:blank");
        let call = |method, params| self.plain.call(Some(&tab.session), method, params).unwrap();
        call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
        self.plain.show(&tab, &injected.html);
        let reply = call("DOM.getDocument", json!({ "depth": -1 }));
        let mut made = Vec::new();
        collect(&reply["root"], &injected.attribute, &mut made);
        self.plain.close(&tab);
        made
    }
}

impl Audit {
    /// Elements without a number, by name and by why.
    pub fn unmapped(&self) -> BTreeMap<(String, &'static str), usize> {
        let mut counts = BTreeMap::new();
        for made in self.tree.iter().filter(|made| made.number.is_none()) {
            *counts.entry((made.name.clone(), self.reason(made))).or_default() += 1;
        }
        counts
    }

    /// Elements without a number that the source does not write either.
    pub fn implied(&self) -> usize {
        let implied = self.unmapped().into_iter().filter(|((_, reason), _)| *reason != WRITTEN);
        implied.map(|(_, count)| count).sum()
    }

    pub fn mapped(&self) -> usize {
        self.tree.iter().filter(|made| made.number.is_some()).count()
    }

    /// Elements whose number belongs to an element of another name.
    pub fn misnamed(&self) -> usize {
        let named = |made: &&Made| {
            let number = made.number?;
            let source = self.outline.elements.get(number).map(|element| element.name.as_str());
            (source != Some(&made.name) && !(source == Some("image") && made.name == "img")).then_some(())
        };
        self.tree.iter().filter_map(|made| named(&made)).count()
    }

    fn reason(&self, made: &Made) -> &'static str {
        let written = self.outline.elements.iter().any(|element| element.name == made.name);
        match made.name.as_str() {
            "html" | "head" | "body" | "tbody" | "tr" | "colgroup" if !written => "implied, never written",
            "html" | "head" | "body" => "implied before its tag came",
            "tbody" | "tr" | "colgroup" | "p" | "br" => "implied",
            _ if written => WRITTEN,
            _ => "never written",
        }
    }
}

fn collect(node: &Value, attribute: &str, made: &mut Vec<Made>) {
    if node["nodeType"] == 1 {
        let attributes = node["attributes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let value = attributes.chunks(2).find(|pair| pair[0] == attribute).and_then(|pair| pair[1].as_str());
        let name = node["localName"].as_str().unwrap_or_default().to_lowercase();
        made.push(Made { name, number: value.and_then(|value| value.parse().ok()) });
    }
    if let Some(content) = node.get("templateContent") {
        collect(content, attribute, made);
    }
    for child in node["children"].as_array().into_iter().flatten() {
        collect(child, attribute, made);
    }
}
