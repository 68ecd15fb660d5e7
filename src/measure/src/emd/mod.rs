//! The earth mover's distance as OpenCV computes it (`cv2.EMD`), number for number.
//!
//! The transportation problem is solved in float32: Russell's method gives a first basis ([`russell`]), the simplex
//! method improves it ([`simplex`]) until no reduced cost is below −10⁻⁵ of the largest cost, or for 499 steps. A
//! published EMD is where that stops, not the optimum; so both steps take the same cell whenever OpenCV has a choice.
//!
//! (OpenCV 5.0, `modules/imgproc/src/emd_new.cpp`, after Rubner's `emd.c` and Hillier & Lieberman, *Introduction to
//! Mathematical Programming*.)

mod basis;
mod problem;
mod russell;
mod simplex;

pub use problem::Solver;
