//! The scaffold of `galley new-domain` compiles and keeps the laws as it stands.

#[path = "../templates/domain/src/lib.rs"]
mod template;

use galley::recipe::{Sources, parse};
use galley_core::Registry;

#[test]
fn the_recipe_of_the_template_loads_for_its_domain() {
    let registry = Registry::new().with(template::ENTRY);
    let text = include_str!("../templates/domain/recipe.toml");
    // A quoted key stands for the name, which a bare one cannot.
    let text = text.replace("[domain.{{name}}]", "[domain.\"{{name}}\"]");
    let recipe = parse(&text, &Sources::default(), &registry).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(recipe.config.train.steps, 5);
}
