//! The tokenizer in a GGUF file: byte-level BPE.

use serde_json::{Map, Value, json};

use super::file::{Field, Gguf};
use crate::policy::{Result, Tokenizer, tokenizer::QWEN};

/// Kind of a token that stands for itself and is no text.
const CONTROL: f64 = 3.0;
/// Kind of a token that was added by hand.
const USER: f64 = 4.0;

/// Split of Llama 3's tokenizers.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The tokenizer, by way of the `tokenizer.json` that says the same.
pub(super) fn vocabulary(file: &Gguf) -> Result<Tokenizer> {
    let model = file.text("tokenizer.ggml.model")?;
    if model != "gpt2" {
        return Err(file.error(format!("`tokenizer.ggml.model` is `{model}`; only `gpt2` is known")));
    }
    let tokens = file.texts("tokenizer.ggml.tokens")?;
    let vocab: Map<String, Value> =
        tokens.iter().enumerate().map(|(id, token)| (token.clone(), json!(id))).collect();
    let pairs = file.texts("tokenizer.ggml.merges")?.iter().map(|merge| {
        let pair = merge.split_once(' ');
        pair.map(|(a, b)| json!([a, b]))
            .ok_or_else(|| file.error(format!("`tokenizer.ggml.merges` holds `{merge}`, which is no pair")))
    });
    let (normalizer, split) = split(file)?;
    let json = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added(file, tokens)?,
        "normalizer": normalizer, "pre_tokenizer": split, "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "vocab": vocab,
            "merges": pairs.collect::<Result<Vec<_>>>()?,
        },
    });
    Tokenizer::parse(json.to_string().as_bytes())
        .map_err(|error| file.error(format!("`tokenizer.ggml`: {error}")))
}

fn added(file: &Gguf, tokens: &[String]) -> Result<Vec<Value>> {
    let name = "tokenizer.ggml.token_type";
    let kinds = match file.field(name) {
        Some(Field::Numbers(kinds)) if kinds.len() == tokens.len() => kinds,
        _ => return Err(file.error(format!("`{name}` does not hold a number for each token"))),
    };
    let each = tokens.iter().zip(kinds).enumerate().filter(|(_, (_, kind))| [CONTROL, USER].contains(kind));
    Ok(each
        .map(|(id, (token, kind))| {
            json!({"id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": *kind == CONTROL})
        })
        .collect())
}

/// Normalizer and pre-tokenizer.
fn split(file: &Gguf) -> Result<(Value, Value)> {
    let byte_level = |regex: bool| json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": regex});
    let regex = |pattern: &str| {
        let split =
            json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false});
        json!({"type": "Sequence", "pretokenizers": [split, byte_level(false)]})
    };
    let name = "tokenizer.ggml.pre";
    let kind = if file.field(name).is_some() { file.text(name)? } else { "default" };
    Ok(match kind {
        "smollm" => {
            let digits = json!({"type": "Digits", "individual_digits": true});
            (Value::Null, json!({"type": "Sequence", "pretokenizers": [digits, byte_level(true)]}))
        }
        "qwen2" => (json!({"type": "NFC"}), regex(QWEN)),
        "llama-bpe" | "llama3" => (Value::Null, regex(LLAMA3)),
        "gpt-2" | "default" => (Value::Null, byte_level(true)),
        other => {
            let known = "smollm, qwen2, llama-bpe, gpt-2";
            return Err(file.error(format!("`{name}` is `{other}`; known: {known}")));
        }
    })
}
