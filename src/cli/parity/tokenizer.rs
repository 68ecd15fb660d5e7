//! Token ids of the Qwen3 tokenizer.

use std::path::Path;

use anyhow::Result;

use super::{
    read::{json, list, numbers, string},
    tally::Tally,
};
use crate::policy::Tokenizer;

/// `tokenizer_cases.json` with the texts and their ids, `qwen3_tokenizer.json` beside it.
pub fn check(folder: &Path, tally: &mut Tally) -> Result<()> {
    let tokenizer = Tokenizer::load(&folder.join("qwen3_tokenizer.json"))?;
    for (index, case) in list(&json(&folder.join("tokenizer_cases.json"))?, "cases")?.iter().enumerate() {
        tally.case(format!("tokenizer_cases.json {index}"));
        let found = tokenizer.encode_special(string(&case["text"])?)?;
        let expected: Vec<u32> = numbers(&case["ids"])?.into_iter().map(|id| id as u32).collect();
        tally.same("token ids", &found, &expected);
    }
    Ok(())
}
