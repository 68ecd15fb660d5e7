//! How a prompt is laid out in tokens.

use serde::{Deserialize, Serialize};

use super::{
    Encoded, PromptPart, Result, Tokenizer,
    tokenizer::{IM_END, IM_START, IMAGE_PAD, VISION_END, VISION_START},
};

/// The layout of a prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Template {
    /// Qwen3-VL's chat: one user turn with pictures and text in order, then the head of the assistant's turn.
    #[default]
    Chat,
    /// For tiny models: pictures (a start mark and their tokens) and text in order, then one mark.
    Compact,
}

impl Template {
    /// The prompt's tokens. Special tokens written in its text stay text.
    pub fn encode(self, parts: &[PromptPart], tokenizer: &Tokenizer) -> Result<Encoded> {
        let mut writer = Writer { tokenizer, pending: String::new(), encoded: Encoded::default() };
        if self == Self::Chat {
            writer.special(IM_START)?;
            writer.text("user\n");
        }
        for part in parts {
            match part {
                PromptPart::Text(text) => writer.text(text),
                PromptPart::Image(image) => {
                    writer.special(VISION_START)?;
                    let pad = tokenizer.special(IMAGE_PAD)?;
                    writer.encoded.tokens.extend(std::iter::repeat_n(pad, image.tokens()));
                    writer.encoded.images.push(image.clone());
                    if self == Self::Chat {
                        writer.special(VISION_END)?;
                    }
                }
            }
        }
        match self {
            Self::Chat => {
                writer.special(IM_END)?;
                writer.text("\n");
                writer.special(IM_START)?;
                writer.text("assistant\n");
            }
            Self::Compact => writer.special(IM_START)?,
        }
        writer.flush()?;
        Ok(writer.encoded)
    }
}

/// Collects text between special tokens, because pieces that touch are tokenized together.
struct Writer<'a> {
    tokenizer: &'a Tokenizer,
    pending: String,
    encoded: Encoded,
}

impl Writer<'_> {
    fn text(&mut self, text: &str) {
        self.pending.push_str(text);
    }

    fn special(&mut self, token: &str) -> Result<()> {
        self.flush()?;
        self.encoded.tokens.push(self.tokenizer.special(token)?);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if !self.pending.is_empty() {
            self.encoded.tokens.extend(self.tokenizer.encode(&self.pending)?);
            self.pending.clear();
        }
        Ok(())
    }
}
