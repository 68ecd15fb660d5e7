//! Similarities by name, loaded when first asked for.

use std::sync::Arc;

use galley_core::{DomainError, Similarities, Similarity};

use super::{Backbone, Clip, Lpips, PerceptualError, Weights};

/// Gives out the similarities whose weights are there.
#[derive(Clone, Debug, Default)]
pub struct Perceptual {
    pub weights: Weights,
}

impl Perceptual {
    /// Every name.
    pub const NAMES: [&str; 3] = ["lpips-alex", "lpips-vgg", "clip"];

    /// # Errors
    /// `Absent` or `Damaged` weights; a name that is none is absent too.
    pub fn load(&self, name: &str) -> Result<Arc<dyn Similarity>, PerceptualError> {
        if let Some(backbone) = Backbone::ALL.into_iter().find(|backbone| backbone.name() == name) {
            return Ok(Arc::new(Lpips::load(backbone, &self.weights)?));
        }
        if name == "clip" {
            return Ok(Arc::new(Clip::load(&self.weights)?));
        }
        let help = format!("known: {}", Self::NAMES.join(", "));
        Err(PerceptualError::Absent { name: name.into(), path: name.into(), help })
    }
}

impl Similarities for Perceptual {
    fn named(&self, name: &str) -> Result<Arc<dyn Similarity>, DomainError> {
        self.load(name).map_err(|error| {
            let help = match &error {
                PerceptualError::Absent { help, .. } => help.clone(),
                _ => "fetch the weights again".into(),
            };
            DomainError::setup(error, help)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_weights_are_a_mistake_of_setup_that_names_file_and_command() {
        let source = Perceptual { weights: Weights::under("/nowhere".as_ref()) };
        for (name, file, command) in [
            ("lpips-vgg", "/nowhere/lpips/lpips-vgg.safetensors", "galley fetch lpips"),
            ("clip", "/nowhere/clip-vit-base-patch32/model.safetensors", "galley fetch clip"),
        ] {
            let Err(error) = source.named(name) else { panic!("{name} came from nowhere") };
            let text = error.to_string();
            assert!(text.contains(file) && text.contains(command), "{text}");
        }
    }
}
