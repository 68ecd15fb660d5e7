//! What a page loads after it was parsed.

use std::collections::BTreeMap;

use super::Outline;

/// From least to most trouble.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loads {
    /// It is complete.
    #[default]
    Nothing,
    /// `data:`, which is there as soon as it is read, and what style sheets refer to: where that fails, nothing changes.
    Inside,
    /// Also what it cannot reach, which fails some time later and then has another look.
    Outside,
}

/// What refers to something in the text of a style sheet.
const IN_STYLES: [&[u8]; 4] = [b"url(", b"@import", b"image-set(", b"src("];

/// What `program` loads when references that `assets` has are `data:`.
pub fn loads(program: &str, outline: &Outline, assets: &BTreeMap<String, String>) -> Loads {
    let has = |src: &str| assets.contains_key(src.trim());
    let tags = outline.elements.iter().map(|element| {
        // Where scripts run, they are waited for in any case.
        let src = element.tag.src.filter(|_| element.name != "script");
        let src = src.and_then(|src| src.slice(program));
        let src = src.map_or(Loads::Nothing, |src| if has(src) { Loads::Inside } else { reference(src) });
        src.max(element.tag.loads)
    });
    tags.max().unwrap_or_default().max(styles(program))
}

/// What an attribute other than `src` loads on an element.
pub fn attribute(element: &str, name: &str, value: &str) -> Loads {
    match (name, element) {
        ("src", "iframe" | "frame" | "embed" | "video" | "audio" | "track" | "source") | ("srcdoc", _) => {
            Loads::Outside
        }
        ("data", "object") => Loads::Outside,
        ("href" | "xlink:href", "a" | "area" | "base") => Loads::Nothing,
        ("href" | "xlink:href" | "poster" | "background", _) => reference(value),
        ("srcset" | "imagesrcset", _) => Loads::Outside,
        _ => Loads::Nothing,
    }
}

fn reference(to: &str) -> Loads {
    let to = to.trim_start();
    if to.is_empty() || to.starts_with('#') {
        Loads::Nothing
    } else if to.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
        Loads::Inside
    } else {
        Loads::Outside
    }
}

/// What stands in style sheets and `style` attributes, wherever they are.
fn styles(program: &str) -> Loads {
    let bytes = program.as_bytes();
    for at in 0..bytes.len() {
        if !matches!(bytes[at], b'u' | b'U' | b'@' | b'i' | b'I' | b's' | b'S') {
            continue;
        }
        let found = |word: &&&[u8]| {
            bytes.get(at..at + word.len()).is_some_and(|text| text.eq_ignore_ascii_case(word))
        };
        if let Some(word) = IN_STYLES.iter().find(found)
            && behind(program.get(at + word.len()..).unwrap_or_default()) != Loads::Nothing
        {
            return Loads::Inside;
        }
    }
    Loads::Nothing
}

fn behind(text: &str) -> Loads {
    let quotes: &[_] = &['"', '\'', ' ', '\n', '\t', '\r'];
    let text = text.trim_start_matches(quotes);
    reference(text.strip_prefix("&quot;").or_else(|| text.strip_prefix("&#39;")).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inject::outline;

    fn of(program: &str) -> Loads {
        let assets = BTreeMap::from([("rick.jpg".to_owned(), "data:image/jpeg;base64,AA".to_owned())]);
        loads(program, &outline(program), &assets)
    }

    #[test]
    fn what_a_page_refers_to_is_told() {
        for plain in [
            "<p>x",
            "<a href='http://x/'>src= url</a>",
            "<svg><use href='#a'/></svg>",
            "<p style='fill:url(#a)'>",
        ] {
            assert_eq!(of(plain), Loads::Nothing, "{plain}");
        }
        for inside in
            ["<img src=rick.jpg>", "<img src=' DATA:,x'>", "<style>p{background:url( 'data:,x')}</style>"]
        {
            assert_eq!(of(inside), Loads::Inside, "{inside}");
        }
        for styled in ["<style>@IMPORT 'a.css'</style>", "<p style='background:url(&quot;a.png&quot;)'>"] {
            assert_eq!(of(styled), Loads::Inside, "{styled}");
        }
        for outside in [
            "<img SRC=x>",
            "<img src=rick.jpg><img src=morty.jpg>",
            "<link rel=stylesheet href=a.css>",
            "<object data='data:,x'></object>",
            "<iframe srcdoc='x'></iframe>",
        ] {
            assert_eq!(of(outside), Loads::Outside, "{outside}");
        }
    }
}
