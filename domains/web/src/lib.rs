//! The web domain.

pub mod browser;
pub mod doctor;
pub mod faults;
pub mod inject;
pub mod mapper;
pub mod perturb;
pub mod renderer;
pub mod tasks;
