//! The model computes what the reference computes.

use candle_core::{DType, Device, Tensor};
use galley_core::Image;

use super::{Golden, golden};
use crate::policy::{
    Encoded, ModelConfig, Processor, ProcessorConfig, Tokenizer, batch::Batch, model::Model, rope,
    text::Trace, weights,
};
use golden::{close, distance, flat, images_of};

const CASES: [&str; 5] = ["a", "b", "c", "d_left", "d_right"];

/// Scatters packed rows of `[tokens, width]` to the padded layout of the goldens.
fn padded(golden: &Golden, case: &str, packed: &Tensor) -> Vec<f32> {
    let ids = golden.integers(&format!("{case}.input_ids")).unwrap();
    let mask = golden.integers(&format!("{case}.attention_mask")).unwrap_or_else(|| vec![1; ids.len()]);
    let width = packed.dim(1).unwrap();
    let values = flat(packed);
    let mut rows = values.chunks_exact(width);
    mask.iter().flat_map(|&m| if m == 1 { rows.next().unwrap().to_vec() } else { vec![0.0; width] }).collect()
}

#[test]
fn configurations_of_both_styles_are_equal() {
    for golden in Golden::all() {
        let path = golden.dir.join("config_v5_style.json");
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        assert_eq!(ModelConfig::from_json(&text).unwrap(), golden.config);
        assert_eq!(ModelConfig::from_json(&golden.config.to_json().to_string()).unwrap(), golden.config);
    }
}

#[test]
fn positions_are_exact() {
    for golden in Golden::all() {
        for case in CASES {
            let (Some(want), Some(deltas)) = (
                golden.integers(&format!("{case}.position_ids")),
                golden.integers(&format!("{case}.rope_deltas")),
            ) else {
                continue;
            };
            let mask =
                golden.integers(&format!("{case}.attention_mask")).unwrap_or_else(|| vec![1; want.len() / 3]);
            let mut got = vec![Vec::new(); 3];
            for (row, delta) in golden.rows(case).iter().zip(deltas) {
                let grids: Vec<_> = row.images.iter().map(|image| image.merged_grid()).collect();
                let (positions, next) =
                    rope::positions(&row.tokens, golden.config.tokens.image, &grids).unwrap();
                (0..3).for_each(|axis| got[axis].extend(positions.iter().map(|p| i64::from(p[axis]))));
                assert_eq!(i64::from(next) - row.tokens.len() as i64, delta);
            }
            for (axis, got) in got.iter().enumerate() {
                let want =
                    want[axis * mask.len()..][..mask.len()].iter().zip(&mask).filter(|(_, m)| **m == 1);
                assert_eq!(got, &want.map(|(p, _)| *p).collect::<Vec<_>>(), "{} {case}", golden.name);
            }
        }
    }
}

#[test]
fn logits_and_log_probabilities() {
    for golden in Golden::all() {
        let params = golden.params(DType::F32);
        let model = golden.model(&params, None);
        for case in CASES {
            let Some(want) = golden.floats(&format!("{case}.logits")) else { continue };
            let rows = golden.rows(case);
            let images = images_of(&rows);
            let batch = Batch::whole(&rows, golden.config.tokens.image, &images).unwrap();
            let features = model.features(&images).unwrap();
            let logits = model.logits(&batch, features.as_ref()).unwrap();
            let worst = distance(&padded(&golden, case, &logits), &want);
            println!("{} {case}.logits: {worst:.1e}", golden.name);
            assert!(worst <= 1e-4, "{} {case}.logits: {worst}", golden.name);
            if rows.len() == 1 {
                let logprobs = candle_nn::ops::log_softmax(&logits, 1).unwrap();
                let next = Tensor::new(&rows[0].tokens[1..], &Device::Cpu).unwrap().unsqueeze(1).unwrap();
                let picked =
                    logprobs.narrow(0, 0, rows[0].tokens.len() - 1).unwrap().gather(&next, 1).unwrap();
                close(&golden, &format!("{case}.logprobs"), &picked, 5e-5);
            }
        }
    }
}

/// Logits of whole sequences, packed.
fn logits_of(golden: &Golden, model: &Model, rows: &[Encoded]) -> Vec<f32> {
    let images = images_of(rows);
    let batch = Batch::whole(rows, golden.config.tokens.image, &images).unwrap();
    flat(&model.logits(&batch, model.features(&images).unwrap().as_ref()).unwrap())
}

#[test]
fn a_row_of_a_padded_batch_has_the_logits_that_it_has_alone() {
    for golden in Golden::all() {
        let params = golden.params(DType::F32);
        let model = golden.model(&params, None);
        let rows = golden.rows("d_left");
        let together = logits_of(&golden, &model, &rows);
        let mut from = 0;
        for row in &rows {
            let alone = logits_of(&golden, &model, std::slice::from_ref(row));
            assert!(distance(&alone, &together[from..from + alone.len()]) <= 1e-4, "{}", golden.name);
            from += alone.len();
        }
        assert!(rows.len() > 1 && from == together.len());
    }
}

#[test]
fn hidden_states_and_vision_features() {
    for golden in Golden::all() {
        let params = golden.params(DType::F32);
        let model = golden.model(&params, None);
        for case in ["b", "c"].into_iter().filter(|case| golden.get(&format!("{case}.input_ids")).is_some()) {
            let rows = golden.rows(case);
            let images = images_of(&rows);
            let mut vision = Vec::new();
            let features = model.features_traced(&images, Some(&mut vision)).unwrap().unwrap();
            let before = |name: &str| format!("{case}.vision.{name}");
            close(&golden, &before("patch_embed"), &vision[0], 1e-4);
            close(&golden, &before("pos_embed"), &(&vision[1] - &vision[0]).unwrap(), 1e-4);
            for (i, block) in vision[2..].iter().enumerate() {
                close(&golden, &before(&format!("block.{i}")), block, 1e-4);
            }
            close(&golden, &before("merged"), &features.merged, 1e-4);
            for (i, feature) in features.deepstack.iter().enumerate() {
                close(&golden, &before(&format!("deepstack.{i}")), feature, 1e-4);
            }
            if case == "b" {
                let batch = Batch::whole(&rows, golden.config.tokens.image, &images).unwrap();
                let mut trace = Trace::default();
                model.logits_traced(&batch, Some(&features), &mut trace).unwrap();
                close(&golden, "b.text.embeds", trace.embeds.as_ref().unwrap(), 1e-4);
                for (i, (before, after)) in trace.layers.iter().enumerate() {
                    close(&golden, &format!("b.text.layer_out.{i}"), before, 1e-4);
                    close(&golden, &format!("b.text.hidden.{i}"), after, 1e-4);
                }
                close(&golden, "b.text.final_norm", trace.norm.as_ref().unwrap(), 1e-4);
            }
        }
    }
}

#[test]
fn rotary_angles() {
    for golden in Golden::all() {
        let rows = golden.rows("b");
        let grids: Vec<_> = rows[0].images.iter().map(|image| image.merged_grid()).collect();
        let (positions, _) = rope::positions(&rows[0].tokens, golden.config.tokens.image, &grids).unwrap();
        let angles = rope::text_angles(&golden.config.text, &positions);
        let doubled =
            |values: &[f32]| values.chunks(angles.half).flat_map(|half| half.repeat(2)).collect::<Vec<f32>>();
        let Some(want) = golden.floats("b.text.rope_cos") else { continue };
        assert!(distance(&doubled(&angles.cos), &want) < 1e-5);
        assert!(distance(&doubled(&angles.sin), &golden.floats("b.text.rope_sin").unwrap()) < 1e-5);
    }
}

#[test]
fn resized_pixels_and_patches_are_exact() {
    for golden in Golden::all() {
        let Ok(config) = ProcessorConfig::load(&golden.dir) else { continue };
        let processor = Processor::new(config).unwrap();
        let names: Vec<String> =
            golden.names().filter(|name| name.ends_with(".image")).map(String::from).collect();
        let mut prepared = Vec::new();
        for name in names {
            let raw = golden.get(&name).unwrap();
            let (h, w, _) = raw.dims3().unwrap();
            let pixels = raw.flatten_all().unwrap().to_vec1::<u8>().unwrap();
            if let Some(want) = golden.get(&format!("{}resized", &name[..name.len() - "image".len()])) {
                let (th, tw, _) = want.dims3().unwrap();
                assert_eq!(processor.smart_resize(h, w).unwrap(), (th, tw));
                let got = crate::policy::resize::resize(&pixels, (h, w), (th, tw));
                assert_eq!(
                    got,
                    want.flatten_all().unwrap().to_vec1::<u8>().unwrap(),
                    "{} {name}",
                    golden.name
                );
            }
            let image = processor.prepare(&Image::new(w as u32, h as u32, pixels)).unwrap();
            prepared.push((name, image));
        }
        for (name, image) in prepared.iter().filter(|(name, _)| name.starts_with("b.")) {
            let want = &golden.images("b")[0];
            assert_eq!(image.grid, want.grid, "{name}");
            assert!(distance(&image.patches, &want.patches) < 1e-6, "{name}");
        }
    }
}

#[test]
fn smart_resize_follows_the_table() {
    let Ok(text) = std::fs::read_to_string(golden::root().join("qwen3vl/processor/smart_resize.json")) else {
        return;
    };
    let table: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rows = table["rows"].as_array().unwrap();
    assert!(rows.len() > 100);
    for row in rows {
        let number = |at: usize| row[at].as_u64().unwrap() as usize;
        let config = ProcessorConfig {
            patch: number(2) / 2,
            min_pixels: number(3),
            max_pixels: number(4),
            ..ProcessorConfig::default()
        };
        let got = Processor::new(config).unwrap().smart_resize(number(0), number(1));
        match row[5].as_array() {
            Some(want) => {
                let (h, w) = got.unwrap();
                assert_eq!([h as u64, w as u64].map(Some), [want[0].as_u64(), want[1].as_u64()], "{row}");
            }
            None => assert!(got.is_err(), "{row}"),
        }
    }
}

#[test]
fn the_official_settings_give_the_official_patches() {
    let path = golden::root().join("qwen3vl/processor/official_settings_image.safetensors");
    if !path.exists() {
        return;
    }
    let tensors = weights::load_file(&path, DType::F32, &Device::Cpu).unwrap();
    let find = |end: &str| tensors.iter().find(|(name, _)| name.ends_with(end)).map(|(_, tensor)| tensor);
    let raw = find("image").unwrap();
    let (h, w, _) = raw.dims3().unwrap();
    let image = Image::new(w as u32, h as u32, raw.flatten_all().unwrap().to_vec1::<u8>().unwrap());
    let prepared = Processor::new(ProcessorConfig::default()).unwrap().prepare(&image).unwrap();
    let want = flat(find("pixel_values").unwrap());
    let frames: Vec<f32> = want.chunks_exact(512).flat_map(|both| both[..256].to_vec()).collect();
    assert!(distance(&prepared.patches, &frames) < 1e-6);
}

#[test]
fn the_real_tokenizer_agrees_with_the_reference() {
    let dir = golden::root().join("tokenizer");
    let Ok(text) = std::fs::read_to_string(dir.join("tokenizer_cases.json")) else { return };
    let cases: serde_json::Value = serde_json::from_str(&text).unwrap();
    let tokenizer = Tokenizer::load(&dir.join("qwen3_tokenizer.json")).unwrap();
    let list = cases.as_array().or_else(|| cases.get("cases")?.as_array()).unwrap();
    assert!(list.len() >= 20);
    for case in list {
        let text = case["text"].as_str().unwrap();
        let want: Vec<u32> =
            case["ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect();
        let got = tokenizer.encode_special(text).unwrap();
        assert_eq!(got, want, "{text:?}");
        let decoded = tokenizer.decode(&got);
        assert_eq!(decoded.spans.last().map_or(0, |span| span.end), decoded.text.len());
        if !text.contains("<|") && !text.contains("think>") {
            assert_eq!(
                decoded.text.len(),
                got.iter().map(|&token| tokenizer.token_bytes(token).len()).sum::<usize>()
            );
        }
        assert!(decoded.spans.windows(2).all(|pair| pair[0].end == pair[1].start));
    }
    assert_eq!(tokenizer.special_ids().unwrap().image, 151_655);
    let prompt = crate::policy::Template::Chat
        .encode(&[crate::policy::PromptPart::Text("Write a page.".into())], &tokenizer);
    let want = tokenizer
        .encode_special("<|im_start|>user\nWrite a page.<|im_end|>\n<|im_start|>assistant\n")
        .unwrap();
    assert_eq!(prompt.unwrap(), Encoded { tokens: want, images: Vec::new() });
}
