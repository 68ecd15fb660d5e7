//! Losses and their gradients against PyTorch in float64.
//!
//! `losses.safetensors`: inputs `in.*` (`[rows, length, vocabulary]` logits), values `value.<name>` and gradients
//! `grad.<name>` with respect to the student's logits. A name says what is computed: see [`named`].

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result};
use candle_core::{DType, Device, Tensor, Var};

use super::tally::Tally;
use crate::objective::{
    Advantages, Divergence, Importance, Layout, Normalise, Surrogate, advantages, divergence, ratios,
    surrogate, token_logprobs, weighted_sum,
};

/// Of a value, and of an entry of its gradient.
const VALUE: f64 = 1e-6;
const GRADIENT: f64 = 1e-7;

/// The length by which Dr.GRPO divides.
const LONGEST: usize = 24;

pub fn check(folder: &Path, tally: &mut Tally) -> Result<()> {
    let inputs = Inputs::read(&folder.join("losses.safetensors"))?;
    let names: Vec<String> =
        inputs.tensors.keys().filter_map(|key| Some(key.strip_prefix("value.")?.to_owned())).collect();
    for name in names {
        let Some(loss) = inputs.named(&name)? else {
            tally.absent(&name);
            continue;
        };
        tally.case(&name);
        if let Err(error) = inputs.compare(&name, &loss, tally) {
            tally.failed(&name, &error);
        }
    }
    Ok(())
}

struct Inputs {
    tensors: BTreeMap<String, Tensor>,
    student: Var,
    teacher: Tensor,
    mask: Vec<bool>,
    weights: Vec<f32>,
    layout: Layout,
}

impl Inputs {
    fn read(path: &Path) -> Result<Self> {
        let tensors = candle_core::safetensors::load(path, &Device::Cpu)
            .with_context(|| format!("reading {}", path.display()))?;
        let tensors: BTreeMap<String, Tensor> = tensors.into_iter().collect();
        let get = |name: &str| tensors.get(name).with_context(|| format!("there is no tensor `{name}`"));
        let (rows, length, vocabulary) = get("in.student_logits")?.dims3()?;
        let packed =
            |name: &str| anyhow::Ok(get(name)?.reshape((rows * length, vocabulary))?.to_dtype(DType::F32)?);
        let (student, teacher) =
            (Var::from_tensor(&packed("in.student_logits")?)?, packed("in.teacher_logits")?);
        let mask = flat(get("in.mask")?)?.iter().map(|&m| m > 0.5).collect();
        let weights = flat(get("in.w")?)?;
        Ok(Self { student, teacher, mask, weights, layout: Layout::new(vec![length; rows]), tensors })
    }

    fn flat(&self, name: &str) -> Result<Vec<f32>> {
        flat(self.tensors.get(name).with_context(|| format!("there is no tensor `{name}`"))?)
    }

    fn compare(&self, name: &str, loss: &Tensor, tally: &mut Tally) -> Result<()> {
        let value: f32 = loss.to_scalar()?;
        tally.number("loss", f64::from(value), f64::from(self.flat(&format!("value.{name}"))?[0]), VALUE);
        let gradients = loss.backward()?;
        let found = gradients.get(self.student.as_tensor()).context("there is no gradient")?;
        let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<_>>();
        let (found, expected) = (wide(flat(found)?), wide(self.flat(&format!("grad.{name}"))?));
        tally.numbers("gradient", &found, &expected, GRADIENT);
        Ok(())
    }

    /// The loss of a name; `None` for names that nothing here computes.
    fn named(&self, name: &str) -> Result<Option<Tensor>> {
        let parts: Vec<&str> = name.split('.').collect();
        Ok(match parts[..] {
            ["vsdpo", "topk20", "rho", "seq"] => Some(self.visual_sdpo()?),
            ["combo", "topk20_rho_seq_plus_0", "5_grpo"] => {
                let grpo = self.grpo(Advantages::Grpo, Normalise::Sequence, true)?;
                Some((self.visual_sdpo()? + (grpo * 0.5)?)?)
            }
            ["combo", "full_global_plus_0", "5_grpo"] => {
                let kl = self.kl(Divergence::Reverse, 0, Normalise::Token, true)?;
                Some((kl + (self.grpo(Advantages::Grpo, Normalise::Token, true)? * 0.5)?)?)
            }
            ["combo", "full_seq_plus_0", "5_drgrpo"] => {
                let kl = self.kl(Divergence::Reverse, 0, Normalise::Sequence, true)?;
                Some((kl + (self.grpo(Advantages::DrGrpo, Normalise::DrGrpo, true)? * 0.5)?)?)
            }
            ["grpo", norm, aggregate, tis] => match (norm_of(norm), aggregate_of(aggregate)) {
                (Some(norm), Some(how)) => Some(self.grpo(norm, how, tis == "tis")?),
                _ => None,
            },
            [.., weights, over] => {
                let kind = name.strip_suffix(&format!(".{weights}.{over}")).and_then(kind_of);
                let weighted = weights == "weighted";
                match (kind, over_of(over)) {
                    (Some((kind, k)), Some(how)) if weighted || weights == "unweighted" => {
                        Some(self.kl(kind, k, how, weighted)?)
                    }
                    _ => None,
                }
            }
            _ => None,
        })
    }

    fn coefficients(&self, how: Normalise, weighted: bool) -> Vec<f32> {
        let ones = vec![1.0; self.weights.len()];
        let weights = if weighted { &self.weights } else { &ones };
        self.layout.coefficients(how, weights, Some(&self.mask), LONGEST)
    }

    fn kl(&self, kind: Divergence, k: usize, how: Normalise, weighted: bool) -> Result<Tensor> {
        let values = divergence(kind, self.student.as_tensor(), &self.teacher, k)?;
        Ok(weighted_sum(&values, &self.coefficients(how, weighted))?)
    }

    fn logprobs(&self) -> Result<Tensor> {
        let ids: Vec<u32> = self.flat("in.token_ids")?.into_iter().map(|id| id as u32).collect();
        Ok(token_logprobs(self.student.as_tensor(), &ids)?)
    }

    fn grpo(&self, kind: Advantages, how: Normalise, tis: bool) -> Result<Tensor> {
        let rewards: Vec<Option<f64>> =
            self.flat("in.rewards")?.into_iter().map(|reward| Some(f64::from(reward))).collect();
        let spread = self.layout.spread(&advantages(kind, &rewards));
        let (old, engine) = (self.flat("in.old_logprobs")?, self.flat("in.engine_logprobs")?);
        let truncated = ratios(Importance::Tis, &old, &old, &engine, &old);
        let clip = Surrogate { low: 0.2, high: 0.28 };
        let loss = surrogate(clip, &self.logprobs()?, &old, &spread, tis.then_some(&truncated[..]))?;
        Ok(weighted_sum(&loss, &self.coefficients(how, false))?)
    }

    fn visual_sdpo(&self) -> Result<Tensor> {
        let now: Vec<f32> = self.logprobs()?.to_vec1()?;
        let (old, engine) = (self.flat("in.old_logprobs")?, self.flat("in.engine_logprobs")?);
        let rho = ratios(Importance::Tis, &now, &old, &engine, &now);
        let values = divergence(Divergence::Reverse, self.student.as_tensor(), &self.teacher, 20)?;
        let coefficients = self.coefficients(Normalise::Sequence, true);
        let coefficients: Vec<f32> = coefficients.iter().zip(&rho).map(|(c, r)| c * r).collect();
        Ok(weighted_sum(&values, &coefficients)?)
    }
}

fn flat(tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(tensor.flatten_all()?.to_dtype(DType::F32)?.to_vec1()?)
}

/// A divergence and its K; 0 is the whole vocabulary.
fn kind_of(name: &str) -> Option<(Divergence, usize)> {
    match name {
        "rev_kl" => Some((Divergence::Reverse, 0)),
        "fwd_kl" => Some((Divergence::Forward, 0)),
        "jsd_a0.5" => Some((Divergence::Jsd, 0)),
        other => {
            let k = other.strip_prefix("topk")?.strip_suffix("_tail_rev_kl")?;
            Some((Divergence::Reverse, k.parse().ok()?))
        }
    }
}

fn over_of(name: &str) -> Option<Normalise> {
    match name {
        "global" => Some(Normalise::Token),
        "seq" => Some(Normalise::Sequence),
        _ => None,
    }
}

fn norm_of(name: &str) -> Option<Advantages> {
    match name {
        "group_std" => Some(Advantages::Grpo),
        "none" => Some(Advantages::DrGrpo),
        _ => None,
    }
}

fn aggregate_of(name: &str) -> Option<Normalise> {
    match name {
        "token_mean" => Some(Normalise::Token),
        "seq_mean" => Some(Normalise::Sequence),
        "dr_grpo" => Some(Normalise::DrGrpo),
        _ => None,
    }
}
