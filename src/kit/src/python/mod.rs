//! What domains of Python programs share: the interpreter's environment, places in the source, statements, faults.

mod confinement;
mod innermost;
mod lines;
mod program;
mod statements;
mod tree;
mod trouble;
mod venv;

pub use confinement::confined_enough;
pub use innermost::innermost;
pub use lines::Lines;
pub use program::find_program;
pub use statements::statements;
pub use tree::walk;
pub use trouble::Trouble;
pub use venv::{Venv, died};
