//! teacher.
