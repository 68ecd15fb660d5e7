//! `color-responsive`: a background that depends on the width of the screen.

use galley_core::Random;

use super::{Scene, color::ground};

/// The colour that shows at the viewport is drawn; the other one, which no picture shows, is its complement, so that
/// the picture still determines the program.
pub(super) fn page(scene: &Scene, random: &mut Random) -> String {
    let shown = ground(scene, random);
    let (wide, narrow) =
        if scene.width > 600 { (shown, shown.complement()) } else { (shown.complement(), shown) };
    format!(
        "<style>body{{background:{wide}}}@media(max-width:600px){{body{{background:{narrow}}}}}</style><body></body>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawn_colour_shows_at_either_width() {
        let page = |width| page(&Scene { difficulty: 2, width }, &mut Random::new(3));
        let shown = ground(&Scene { difficulty: 2, width: 0 }, &mut Random::new(3));
        assert!(page(1280).starts_with(&format!("<style>body{{background:{shown}}}")));
        assert!(page(256).ends_with(&format!("{{body{{background:{shown}}}}}</style><body></body>")));
    }
}
