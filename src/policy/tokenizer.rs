//! The tokenizer: text to tokens and back, with the byte span of every token.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use galley_core::Span;
use tokenizers::{
    AddedToken, NormalizerWrapper, PreTokenizerWrapper, SplitDelimiterBehavior,
    decoders::byte_level::ByteLevel as ByteLevelDecoder,
    models::bpe::{BPE, BpeTrainerBuilder},
    normalizers::unicode::NFC,
    pre_tokenizers::{byte_level::ByteLevel, sequence::Sequence, split::Split, split::SplitPattern},
};

use super::{PolicyError, Result, SpecialIds};

/// Starts a turn of the chat template.
pub const IM_START: &str = "<|im_start|>";
/// Ends a turn: the usual stop token.
pub const IM_END: &str = "<|im_end|>";
pub const END_OF_TEXT: &str = "<|endoftext|>";
pub const VISION_START: &str = "<|vision_start|>";
pub const VISION_END: &str = "<|vision_end|>";
pub const IMAGE_PAD: &str = "<|image_pad|>";
const VIDEO_PAD: &str = "<|video_pad|>";

/// The special tokens that a trained tokenizer gets, in the order of their ids.
const SPECIAL: [&str; 7] = [END_OF_TEXT, IM_START, IM_END, VISION_START, VISION_END, IMAGE_PAD, VIDEO_PAD];

/// The split of Qwen's tokenizers.
pub(super) const QWEN: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Values stay copyable piece by piece: hex digits of a colour, digits, letter runs, punctuation marks, white space.
const PIECES: &str = r"(?<=#|#[0-9A-Fa-f]|#[0-9A-Fa-f]{2}|#[0-9A-Fa-f]{3}|#[0-9A-Fa-f]{4}|#[0-9A-Fa-f]{5})[0-9A-Fa-f]|\p{L}+|\p{N}|\s+|[^\s\p{L}\p{N}]";

/// How text is cut before byte pairs are merged; no merge crosses a cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreTokenizer {
    /// As Qwen's tokenizers.
    Qwen,
    /// Every digit, every hex digit behind `#`, every punctuation mark and every run of letters alone.
    Pieces,
    /// Every match of a regular expression (Oniguruma) alone.
    Regex(String),
}

/// A byte-level BPE tokenizer. Cheap to clone.
#[derive(Clone)]
pub struct Tokenizer {
    inner: Arc<Inner>,
}

struct Inner {
    /// Set to take special tokens in text for plain text.
    plain: tokenizers::Tokenizer,
    /// Bytes of every token; empty for special ones.
    bytes: Vec<Vec<u8>>,
    special: BTreeMap<String, u32>,
}

/// Text of some tokens, and where each lies in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Bytes that are not UTF-8 are replaced by U+FFFD.
    pub text: String,
    /// One for each token; they tile the text's bytes. Special tokens have empty spans.
    pub spans: Vec<Span>,
}

fn bad(error: impl std::fmt::Display) -> PolicyError {
    PolicyError::Tokenizer(error.to_string())
}

impl Tokenizer {
    /// Reads a `tokenizer.json`.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(PolicyError::io(path))?;
        Self::parse(&bytes).map_err(|error| match error {
            PolicyError::Tokenizer(problem) => bad(format!("{}: {problem}", path.display())),
            other => other,
        })
    }

    /// Reads the text of a `tokenizer.json`.
    pub fn parse(json: &[u8]) -> Result<Self> {
        // The library panics on some texts that are no json, and on some values that it does not expect.
        serde_json::from_slice::<serde::de::IgnoredAny>(json)
            .map_err(|source| PolicyError::Json { what: "tokenizer.json".into(), source })?;
        let read = std::panic::catch_unwind(|| tokenizers::Tokenizer::from_bytes(json));
        Self::of(read.map_err(|_| bad("tokenizer.json holds what its reader does not expect"))?.map_err(bad)?)
    }

    /// Learns byte pairs from a corpus; `vocab_size` counts the 256 bytes and the special tokens. A function of its
    /// arguments.
    pub fn train<'a>(
        corpus: impl Iterator<Item = &'a str>,
        vocab_size: usize,
        split: PreTokenizer,
    ) -> Result<Self> {
        let pattern = match split {
            PreTokenizer::Qwen => QWEN.to_string(),
            PreTokenizer::Pieces => PIECES.to_string(),
            PreTokenizer::Regex(pattern) => pattern,
        };
        if vocab_size < 256 + SPECIAL.len() {
            return Err(bad(format!(
                "a vocabulary of {vocab_size} cannot hold 256 bytes and {} special tokens",
                SPECIAL.len()
            )));
        }
        let split =
            Split::new(SplitPattern::Regex(pattern), SplitDelimiterBehavior::Isolated, false).map_err(bad)?;
        let byte_level = ByteLevel::new(false, false, false);
        let steps = vec![PreTokenizerWrapper::Split(split), PreTokenizerWrapper::ByteLevel(byte_level)];
        let special: Vec<AddedToken> = SPECIAL.iter().map(|token| AddedToken::from(*token, true)).collect();
        let mut tokenizer = tokenizers::TokenizerImpl::<
            BPE,
            NormalizerWrapper,
            PreTokenizerWrapper,
            tokenizers::PostProcessorWrapper,
            tokenizers::DecoderWrapper,
        >::new(BPE::default());
        tokenizer.with_normalizer(Some(NFC)).map_err(bad)?;
        tokenizer.with_pre_tokenizer(Some(Sequence::new(steps)));
        tokenizer.with_decoder(Some(ByteLevelDecoder::default()));
        let mut trainer = BpeTrainerBuilder::new()
            .vocab_size(vocab_size)
            .min_frequency(2)
            .show_progress(false)
            .special_tokens(special)
            .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
            .build();
        // Owned strings, because the trainer wants an iterator that may cross threads.
        let corpus: Vec<String> = corpus.map(String::from).collect();
        tokenizer.train(&mut trainer, corpus.iter()).map_err(bad)?;
        Self::of(tokenizers::Tokenizer::from_bytes(tokenizer.to_string(false).map_err(bad)?).map_err(bad)?)
    }

    fn of(mut plain: tokenizers::Tokenizer) -> Result<Self> {
        let special: BTreeMap<String, u32> =
            plain.get_added_tokens_decoder().into_iter().map(|(id, token)| (token.content, id)).collect();
        let by_id = |with_added| plain.get_vocab(with_added).into_iter().map(|(token, id)| (id, token));
        let (count, size) =
            by_id(true).fold((0, 0), |(count, size), (id, _)| (count + 1, size.max(id as usize + 1)));
        if size > 4 * count + 65_536 {
            return Err(bad(format!("there are {count} tokens, but ids up to {}", size - 1)));
        }
        let alphabet = alphabet();
        let mut bytes = vec![Vec::new(); size];
        for (id, token) in by_id(false).collect::<BTreeMap<u32, String>>() {
            let spelt: Option<Vec<u8>> = token.chars().map(|c| alphabet.get(&c).copied()).collect();
            bytes[id as usize] =
                spelt.ok_or_else(|| bad(format!("token `{token}` is not spelt in byte-level letters")))?;
        }
        special.values().for_each(|&id| bytes[id as usize].clear());
        plain.set_encode_special_tokens(true);
        Ok(Self { inner: Arc::new(Inner { plain, bytes, special }) })
    }

    /// Writes `tokenizer.json`.
    pub fn save(&self, path: &Path) -> Result<()> {
        let text = self.inner.plain.to_string(false).map_err(bad)?;
        std::fs::write(path, text).map_err(PolicyError::io(path))
    }

    /// One more than the largest id.
    pub fn vocab_size(&self) -> usize {
        self.inner.bytes.len()
    }

    /// The id of a special token.
    pub fn special(&self, token: &str) -> Result<u32> {
        self.inner
            .special
            .get(token)
            .copied()
            .ok_or_else(|| bad(format!("there is no special token `{token}`")))
    }

    /// The ids that a model of this tokenizer needs.
    pub fn special_ids(&self) -> Result<SpecialIds> {
        Ok(SpecialIds {
            image: self.special(IMAGE_PAD)?,
            video: self.special(VIDEO_PAD)?,
            vision_start: self.special(VISION_START)?,
            vision_end: self.special(VISION_END)?,
            bos: self.special(END_OF_TEXT)?,
            eos: self.special(IM_END)?,
        })
    }

    /// Tokens of plain text: special tokens that are written in it are text like any other.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        Ok(self.inner.plain.encode_fast(text, false).map_err(bad)?.get_ids().to_vec())
    }

    /// Tokens of text in which special tokens are meant.
    pub fn encode_special(&self, text: &str) -> Result<Vec<u32>> {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some((at, token, id)) = self.next_special(rest) {
            if at > 0 {
                tokens.extend(self.encode(&rest[..at])?);
            }
            tokens.push(id);
            rest = &rest[at + token.len()..];
        }
        if !rest.is_empty() {
            tokens.extend(self.encode(rest)?);
        }
        Ok(tokens)
    }

    /// The first special token in `text`; of two at the same place the longer.
    fn next_special(&self, text: &str) -> Option<(usize, &str, u32)> {
        let found = self
            .inner
            .special
            .iter()
            .filter_map(|(token, &id)| Some((text.find(token)?, token.as_str(), id)));
        found.min_by_key(|(at, token, _)| (*at, usize::MAX - token.len()))
    }

    /// The bytes of a token; empty for special and unknown ones.
    pub fn token_bytes(&self, token: u32) -> &[u8] {
        self.inner.bytes.get(token as usize).map_or(&[], Vec::as_slice)
    }

    /// Text and spans of some tokens.
    pub fn decode(&self, tokens: &[u32]) -> Decoded {
        let mut bytes = Vec::new();
        let mut ends = Vec::with_capacity(tokens.len());
        for &token in tokens {
            bytes.extend_from_slice(self.token_bytes(token));
            ends.push(bytes.len());
        }
        let (text, places) = lossy(&bytes);
        let mut start = 0;
        let span = |end: usize| {
            let span = Span::new(start, places.as_ref().map_or(end, |places| places[end]));
            start = span.end;
            span
        };
        Decoded { text, spans: ends.into_iter().map(span).collect() }
    }
}

/// The text of bytes, and for each byte offset its place in the text where the two differ.
fn lossy(bytes: &[u8]) -> (String, Option<Vec<usize>>) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text.to_string(), None);
    }
    let mut text = String::new();
    let mut places = Vec::with_capacity(bytes.len() + 1);
    for chunk in bytes.utf8_chunks() {
        places.extend(text.len()..text.len() + chunk.valid().len());
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            places.extend(std::iter::repeat_n(text.len(), chunk.invalid().len()));
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    places.push(text.len());
    (text, Some(places))
}

/// The letters that stand for bytes in byte-level vocabularies (GPT-2).
fn alphabet() -> BTreeMap<char, u8> {
    let printable = |byte: &u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let shown = (0..=255u8).filter(printable).map(|byte| (char::from(byte), byte));
    let hidden = (0..=255u8).filter(|byte| !printable(byte)).zip(0x100u32..);
    shown.chain(hidden.filter_map(|(byte, code)| Some((char::from_u32(code)?, byte)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trained(split: PreTokenizer) -> Tokenizer {
        let corpus = ["<div style=\"width:45%;background:#a3f\">hello</div>"; 20];
        Tokenizer::train(corpus.into_iter(), 320, split).unwrap()
    }

    fn pieces(tokenizer: &Tokenizer, text: &str) -> Vec<String> {
        let tokens = tokenizer.encode(text).unwrap();
        tokens
            .iter()
            .map(|&token| String::from_utf8_lossy(tokenizer.token_bytes(token)).into_owned())
            .collect()
    }

    #[test]
    fn pieces_keep_values_copyable() {
        let tokenizer = trained(PreTokenizer::Pieces);
        let got = pieces(&tokenizer, "width:45%;background:#a3f");
        assert_eq!(got, ["width", ":", "4", "5", "%", ";", "background", ":", "#", "a", "3", "f"]);
    }

    #[test]
    fn training_is_a_function_of_the_corpus() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a.json"), dir.path().join("b.json"));
        trained(PreTokenizer::Qwen).save(&a).unwrap();
        trained(PreTokenizer::Qwen).save(&b).unwrap();
        assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap());
        let loaded = Tokenizer::load(&a).unwrap();
        let text = "hello <div> ümläut 🦀";
        assert_eq!(loaded.encode(text).unwrap(), trained(PreTokenizer::Qwen).encode(text).unwrap());
    }

    #[test]
    fn special_tokens_in_text_are_text_unless_meant() {
        let tokenizer = trained(PreTokenizer::Qwen);
        let stop = tokenizer.special(IM_END).unwrap();
        assert!(!tokenizer.encode("a<|im_end|>").unwrap().contains(&stop));
        assert_eq!(tokenizer.encode_special("a<|im_end|>").unwrap().last(), Some(&stop));
    }

    #[test]
    fn spans_tile_the_text_even_through_a_character() {
        let tokenizer = trained(PreTokenizer::Pieces);
        let text = "hé🦀 #a3f";
        let mut tokens = tokenizer.encode(text).unwrap();
        tokens.push(tokenizer.special(IM_END).unwrap());
        let decoded = tokenizer.decode(&tokens);
        assert_eq!(decoded.text, text);
        assert_eq!(decoded.spans.len(), tokens.len());
        assert!(tiles(&decoded));
        let cut = tokenizer.decode(&tokens[2..4]);
        assert!(tiles(&cut) && cut.text.contains('\u{FFFD}'), "{cut:?}");
    }

    fn tiles(decoded: &Decoded) -> bool {
        let ends = decoded.spans.iter().scan(0, |at, span| Some((std::mem::replace(at, span.end), *span)));
        ends.clone().all(|(at, span)| at == span.start)
            && decoded.spans.last().is_some_and(|span| span.end == decoded.text.len())
    }
}
