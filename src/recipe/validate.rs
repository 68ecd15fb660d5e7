//! Rules that a type cannot state: ranges, and settings that do not go together.

use galley_core::Registry;

use super::{ObjectiveName, RunConfig, TeacherKind, Tune, suggest, typed::Mistake};
use crate::objective::Importance;

/// Every rule that `config` breaks.
pub(super) fn check(config: &RunConfig, registry: &Registry) -> Vec<Mistake> {
    let mut mistakes = ranges(config);
    mistakes.extend(domain(config, registry));
    mistakes.extend(policy(config));
    mistakes.extend(sampling(config));
    mistakes
}

fn ranges(config: &RunConfig) -> Vec<Mistake> {
    let (sampling, warm, train) = (&config.sampling, &config.warm_start, &config.train);
    let (sdpo, grpo) = (&config.objective.visual_sdpo, &config.objective.grpo);
    let rules: &[(&str, f64, std::ops::RangeInclusive<f64>, &str)] = &[
        ("sampling.top-p", sampling.top_p, 1e-6..=1.0, "above 0, at most 1"),
        ("sampling.max-tokens", sampling.max_tokens as f64, AT_LEAST_1, "at least 1"),
        ("sampling.concurrency", sampling.concurrency as f64, AT_LEAST_1, "at least 1"),
        ("sampling.temperature", sampling.temperature, 1e-3..=100.0, "above 0"),
        ("warm-start.batch", warm.batch as f64, AT_LEAST_1, "at least 1"),
        ("warm-start.lr", warm.lr, NOT_NEGATIVE, "0 or more"),
        ("warm-start.weight-decay", warm.weight_decay, NOT_NEGATIVE, "0 or more"),
        ("warm-start.context-fraction", warm.context_fraction, SHARE, "from 0 to 1"),
        ("warm-start.own-rollouts-from", warm.own_rollouts_from, SHARE, "from 0 to 1"),
        ("warm-start.failed-fraction", warm.failed_fraction, SHARE, "from 0 to 1"),
        ("warm-start.perturb-min", warm.perturb_min as f64, AT_LEAST_1, "at least 1"),
        ("teacher.ema-rate", config.teacher.ema_rate, SHARE, "from 0 to 1"),
        ("teacher.max-context-tokens", config.teacher.max_context_tokens as f64, AT_LEAST_1, "at least 1"),
        ("objective.visual-sdpo.alpha", sdpo.alpha, NOT_NEGATIVE, "0 or more"),
        ("objective.visual-sdpo.beta", sdpo.beta, NOT_NEGATIVE, "0 or more"),
        ("objective.visual-sdpo.kl-clamp", sdpo.kl_clamp, NOT_NEGATIVE, "0 or more"),
        ("objective.grpo.clip-low", grpo.clip_low, SHARE, "from 0 to 1"),
        ("objective.grpo.clip-high", grpo.clip_high, NOT_NEGATIVE, "0 or more"),
        ("train.prompts", train.prompts as f64, AT_LEAST_1, "at least 1"),
        ("train.group", train.group as f64, AT_LEAST_1, "at least 1"),
        ("train.minibatches", train.minibatches as f64, AT_LEAST_1, "at least 1"),
        ("train.micro-batch", train.micro_batch as f64, AT_LEAST_1, "at least 1"),
        ("train.async-level", train.async_level as f64, 0.0..=1.0, "0 or 1"),
        ("train.lr", train.lr, NOT_NEGATIVE, "0 or more"),
        ("train.betas", train.betas[0].max(train.betas[1]), 0.0..=0.999_999_9, "from 0 to below 1"),
        ("train.betas", train.betas[0].min(train.betas[1]), 0.0..=0.999_999_9, "from 0 to below 1"),
        ("train.weight-decay", train.weight_decay, NOT_NEGATIVE, "0 or more"),
        ("train.clip", train.clip, NOT_NEGATIVE, "0 or more"),
        ("train.min-delta", train.min_delta, NOT_NEGATIVE, "0 or more"),
        ("eval.samples", config.eval.samples as f64, AT_LEAST_1, "at least 1"),
        ("eval.batch", config.eval.batch as f64, AT_LEAST_1, "at least 1"),
        ("guard.mismatch", config.guard.mismatch, NOT_NEGATIVE, "0 or more"),
        ("render.deadline-ms", config.render.deadline_ms as f64, AT_LEAST_1, "at least 1"),
    ];
    let broken = rules.iter().filter(|(_, value, range, _)| !range.contains(value));
    broken
        .map(|(path, value, _, text)| Mistake::new(&[path], format!("`{path}` must be {text}, not {value}")))
        .collect()
}

const AT_LEAST_1: std::ops::RangeInclusive<f64> = 1.0..=f64::MAX;
const NOT_NEGATIVE: std::ops::RangeInclusive<f64> = 0.0..=f64::MAX;
const SHARE: std::ops::RangeInclusive<f64> = 0.0..=1.0;

fn domain(config: &RunConfig, registry: &Registry) -> Option<Mistake> {
    let name = &config.domain.name;
    registry.get(name).is_err().then(|| {
        let known: Vec<&str> = registry.entries().iter().map(|entry| entry.name).collect();
        let message = format!("`domain.name`: there is no domain `{name}`");
        Mistake::new(&["domain.name"], message).help(suggest::help(name, &known))
    })
}

fn policy(config: &RunConfig) -> Vec<Mistake> {
    let policy = &config.policy;
    let mut mistakes = Vec::new();
    if policy.path.is_some() && policy.hub.is_some() {
        mistakes.push(Mistake::new(
            &["policy.hub", "policy.path"],
            "`policy.path` and `policy.hub` exclude each other",
        ));
    }
    if policy.tune == Tune::Lora && (policy.lora.rank == 0 || policy.lora.targets.is_empty()) {
        let paths = ["policy.lora.rank", "policy.lora.targets", "policy.tune"];
        mistakes.push(Mistake::new(&paths, "adapters need a rank of at least 1 and a target"));
    }
    if config.teacher.kind == TeacherKind::Base && policy.tune == Tune::Full {
        let error = Mistake::new(
            &["teacher.kind", "policy.tune"],
            "teacher `base` is the policy without its adapter",
        );
        mistakes.push(error.help("set policy.tune = \"lora\", or teacher.kind = \"frozen\""));
    }
    let tiny = &policy.tiny;
    if tiny.kv_heads == 0 || !tiny.heads.is_multiple_of(tiny.kv_heads.max(1)) {
        let paths = ["policy.tiny.kv-heads", "policy.tiny.heads"];
        mistakes.push(Mistake::new(
            &paths,
            format!("{} heads do not share {} kv-heads", tiny.heads, tiny.kv_heads),
        ));
    }
    if tiny.vision_heads == 0 || !tiny.vision_hidden.is_multiple_of(tiny.vision_heads.max(1)) {
        let paths = ["policy.tiny.vision-heads", "policy.tiny.vision-hidden"];
        let message =
            format!("vision-hidden {} is no multiple of {} heads", tiny.vision_hidden, tiny.vision_heads);
        mistakes.push(Mistake::new(&paths, message));
    }
    mistakes
}

fn sampling(config: &RunConfig) -> Vec<Mistake> {
    let (objective, sampling) = (&config.objective, &config.sampling);
    let mut mistakes = Vec::new();
    let with_grpo = objective.name == ObjectiveName::Grpo
        || (objective.name == ObjectiveName::VisualSdpo && objective.visual_sdpo.beta > 0.0);
    let distils = !matches!(objective.name, ObjectiveName::Sft | ObjectiveName::Grpo);
    let ratios = with_grpo || (distils && objective.visual_sdpo.importance != Importance::None);
    let filtered = sampling.top_p < 1.0 || sampling.top_k > 0;
    if ratios && filtered && !objective.grpo.allow_biased_ratios {
        let message = "top-p and top-k bias every importance ratio of this objective";
        let error = Mistake::new(&["sampling.top-p", "sampling.top-k"], message);
        mistakes.push(error.help("or say objective.grpo.allow-biased-ratios = true"));
    }
    if with_grpo && config.train.group < 2 {
        let paths = ["train.group", "objective.visual-sdpo.beta", "objective.name"];
        let message = "advantages compare rollouts of one task: `train.group` must be at least 2";
        mistakes.push(Mistake::new(&paths, message));
    }
    let corrected = matches!(objective.visual_sdpo.importance, Importance::Tis | Importance::IwOpd);
    if config.train.async_level > 0 && distils && !corrected {
        let paths = ["objective.visual-sdpo.importance", "train.async-level"];
        let message =
            "samples of older weights (`train.async-level`) would enter the loss without a correction";
        let error = Mistake::new(&paths, message);
        mistakes.push(error.help("set objective.visual-sdpo.importance = \"tis\", or train.async-level = 0"));
    }
    if config.train.patience > 0 && config.train.eval_every == 0 {
        let paths = ["train.patience", "train.eval-every"];
        let message = "`train.patience` counts evaluations on the way, and `train.eval-every` = 0 makes none";
        mistakes.push(Mistake::new(&paths, message));
    }
    if config.warm_start.perturb_min > config.warm_start.perturb_max {
        let paths = ["warm-start.perturb-max", "warm-start.perturb-min"];
        mistakes.push(Mistake::new(&paths, "`perturb-min` is above `perturb-max`"));
    }
    if config.train.minibatches > config.train.prompts * config.train.group {
        let paths = ["train.minibatches", "train.prompts", "train.group"];
        mistakes.push(Mistake::new(&paths, "more minibatches than rollouts in a step"));
    }
    mistakes
}
