//! The memory that a run will need, said before it starts, and refused where there is less.

use std::process::Command;

use anyhow::{Context, Result};
use galley_core::TaskSet;

use crate::{
    policy::{LoraConfig, MemoryPlan, Place, Policy, Setup, Workload, loss_copies},
    recipe::{ObjectiveName, RunConfig, TeacherKind, Tune},
};

/// The plan of a run whose prompts are as long as the first training task's.
pub fn plan(policy: &Policy, config: &RunConfig, train: &dyn TaskSet) -> Result<MemoryPlan> {
    let prompt = policy.encode(&train.get(0)?.prompt)?;
    let lora = &config.policy.lora;
    let lora = LoraConfig {
        rank: lora.rank,
        alpha: lora.alpha,
        targets: lora.targets.clone(),
        ..LoraConfig::default()
    };
    let setup = Setup {
        config: policy.config(),
        lora: (config.policy.tune == Tune::Lora).then_some(&lora),
        checkpoints: config.policy.gradient_checkpointing,
        cpu: policy.device().is_cpu(),
        own_teacher: matches!(config.teacher.kind, TeacherKind::Frozen | TeacherKind::Ema),
        // The one that this step's samples came from, and the one that the next step's come from.
        behaviours: 2 * config.train.async_level,
    };
    let (train, sampling) = (&config.train, &config.sampling);
    let rows = train.micro_batch.min(train.prompts * train.group);
    let prompts = rows.div_ceil(train.group.max(1));
    let distils = !matches!(config.objective.name, ObjectiveName::Sft | ObjectiveName::Grpo);
    let work = Workload {
        rows,
        prompts,
        prompt_tokens: prompt.tokens.len(),
        response_tokens: sampling.max_tokens,
        images: prompts * prompt.images.len(),
        patches: prompt.images.iter().map(|image| image.len()).max().unwrap_or(0),
        sampled: sampling.concurrency,
        sampled_prompts: sampling.concurrency.div_ceil(train.group.max(1)),
        loss_copies: loss_copies(setup.cpu, distils, sampling.temperature != 1.0),
    };
    Ok(MemoryPlan::new(&setup, &work))
}

/// Refuses a plan that this machine cannot hold, beside what is in use already.
pub fn check(plan: &MemoryPlan, policy: &Policy) -> Result<()> {
    let weights = plan.parts.iter().filter(|part| part.name == "weights").map(|part| part.bytes).sum::<u64>();
    // The weights are there already.
    if let Some(free) = available()? {
        let own = if policy.device().is_cpu() { weights } else { 0 };
        plan.check(Place::Host, free + own).context("main memory")?;
    }
    if !policy.device().is_cpu()
        && let Some(free) = free_on_device()
    {
        plan.check(Place::Device, free + weights).context("the GPU")?;
    }
    Ok(())
}

/// Main memory that can be had, in bytes; unknown where the system does not say.
fn available() -> Result<Option<u64>> {
    let Ok(text) = std::fs::read_to_string("/proc/meminfo") else { return Ok(None) };
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kib.map(|kib| kib * 1024))
}

/// Free memory of the first GPU, in bytes, as its driver's own tool says.
fn free_on_device() -> Option<u64> {
    let query = ["--query-gpu=memory.free", "--format=csv,noheader,nounits"];
    let out = Command::new("nvidia-smi").args(query).output().ok()?;
    let mib = String::from_utf8(out.stdout).ok()?.lines().next()?.trim().parse::<u64>().ok()?;
    Some(mib * 1024 * 1024)
}
