//! The rewards of VCoder: format, validity, structure and three times the picture.
//!
//! Source: the public code of VCoder (repository `amaljoe/vision-coder` at 7302559), whose trainer adds four terms,
//! 0..6 together. Its paper describes another, eight-part reward, which that code does not hold. Term by term:
//!
//! | term | range | what |
//! |---|---|---|
//! | [`format`](fence::format) | 0..1 | ½ for a closed ```` ```html ```` fence, ¼ for `<html` or `<!doctype html`, ¼ for `</html>` anywhere in the response |
//! | [`validity`](tags::validity) | 0..1 | of the first such fence: 0.4, 0.1 for each of html, head and body, 0.05 for each of 16 common tags up to six |
//! | [`structure`](tags::structure) | 0..1 | 2·LCS / (m + n) of the tag sequences, the first 200 each |
//! | `clip` | 0..3 | three times the cosine of CLIP image features, negative ones 0 |
//!
//! Tags are those of the parsed document, so html, head, body and tbody are there even if nobody wrote them. The original
//! parses with html5lib, here it is html5ever; both follow the HTML standard, html5ever a newer edition of it.
//! Where a page leaves more than three equal formatting elements open (`<i>…<i>…<i>…<i>`), the original keeps them all,
//! the standard three.
//!
//! Differences: the picture is compared only where CLIP weights were handed in, never by something else under its name;
//! a program that does not render earns nothing (the original still pays the first three terms).

mod fence;
mod lcs;
mod reward;
mod sink;
mod tags;

pub use reward::{VcoderConfig, VcoderReward};
