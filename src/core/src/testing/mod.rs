//! The laws that every domain keeps, and a toy domain that keeps them.
