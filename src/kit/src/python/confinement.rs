//! Whether a machine confines programs as well as a recipe asks for.

use galley_core::DomainError;
use galley_sandbox::{Mechanisms, Strictness};

/// Says what is missing.
///
/// # Errors
/// `Setup` where something is, and nothing may be.
pub fn confined_enough(mechanisms: Mechanisms, strictness: Strictness) -> Result<(), DomainError> {
    let missing = mechanisms.missing().join(", ");
    if missing.is_empty() {
        return Ok(());
    }
    if strictness == Strictness::Required {
        return Err(DomainError::setup(
            format!("programs cannot be confined as required: without {missing}"),
            "run where the kernel offers them, or set sandbox = \"best-effort\"",
        ));
    }
    tracing::warn!("programs run without {missing}");
    Ok(())
}
