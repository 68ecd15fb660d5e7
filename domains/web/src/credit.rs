//! How the responsibility for a defect is shared among the statements of a page: `[domain.web.credit]`.

use galley_core::DomainError;
use serde::{Deserialize, Serialize};

use crate::mismatch::MismatchAxis;

/// Which statements a page has, and what each answers for.
///
/// Visual-SDPO eq. 4 weighs a statement by the boxes it drew. Of a page that is the element; but what is wrong with a box
/// stands in one declaration of its style attribute, or far away in a rule of a style sheet. With `declarations` the
/// responsibility of eq. 4 is multiplied by a share:
///
/// | statement | its boxes | share |
/// |---|---|---|
/// | declaration, in a style attribute or a rule | elements on which it won at least one longhand, those with text that inherit it included | 1 for the topics of its property, else 0 |
/// | rule: selectors and braces | those of its declarations | `frame` for the topics of its declarations, else 0 |
/// | element: tags, attributes, text | its own | `frame` for topics that some declaration above decides, else 1 |
///
/// Colours concern the topics `color` and `contrast`, sizes `block` and `layout`, places `position` and `layout`. An
/// overridden declaration has no boxes: changing it changes nothing. A token belongs to the smallest statement around it,
/// so shares are alternatives, not parts of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct CreditConfig {
    /// `declarations`, or `elements`: elements alone, each with share 1.
    pub statements: Granularity,
    /// Share of what stands around the declarations that decide; 0 to 1.
    pub frame: f64,
}

/// What counts as a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Granularity {
    Elements,
    #[default]
    Declarations,
}

impl Default for CreditConfig {
    fn default() -> Self {
        Self { statements: Granularity::Declarations, frame: 0.5 }
    }
}

impl CreditConfig {
    /// # Errors
    /// `Setup` for a share outside 0..=1.
    pub fn checked(self) -> Result<Self, DomainError> {
        if (0.0..=1.0).contains(&self.frame) {
            return Ok(self);
        }
        let message = format!("[domain.web.credit] frame is {}", self.frame);
        Err(DomainError::setup(message, "a share lies between 0 and 1"))
    }
}

/// The topics of defects ([`galley_core::Defect::axis`]) that a property of `axis` can cause.
pub fn topics(axis: MismatchAxis) -> &'static [&'static str] {
    match axis {
        MismatchAxis::Block => &["block", "layout"],
        MismatchAxis::Text => &["text"],
        MismatchAxis::Position => &["position", "layout"],
        MismatchAxis::Color => &["color", "contrast"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_checked_and_read_strictly() {
        assert!(CreditConfig::default().checked().is_ok());
        assert!(CreditConfig { frame: 1.5, ..CreditConfig::default() }.checked().is_err());
        let read = |text: &str| serde_json::from_str::<CreditConfig>(text);
        assert_eq!(read(r#"{"statements":"elements"}"#).unwrap().statements, Granularity::Elements);
        assert!(read(r#"{"statement":"elements"}"#).is_err());
    }
}
