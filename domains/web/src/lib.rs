//! The web domain.
