//! The parts of a plan, their sum by place, and whether it fits.

use std::fmt;

use super::activations::activations;
use crate::policy::{LoraConfig, ModelConfig, PolicyError, Result, decode, differentiate::logit_rows, names};

/// The model and how it is trained.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    pub config: &'a ModelConfig,
    /// The adapters, where those are trained instead of the weights.
    pub lora: Option<&'a LoraConfig>,
    pub checkpoints: bool,
    /// Tensors live in main memory, in f32; else on a device, in bf16.
    pub cpu: bool,
    /// A teacher with weights of its own.
    pub own_teacher: bool,
    /// Copies of the trained weights that samples come from while the weights change; then sampling and training need
    /// their memory at the same time.
    pub behaviours: u64,
}

/// The largest micro-batch and the largest batch of samples.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Responses of a micro-batch.
    pub rows: usize,
    /// Different prompts among them; equal ones are computed once.
    pub prompts: usize,
    /// Tokens of a prompt, those of its pictures among them.
    pub prompt_tokens: usize,
    pub response_tokens: usize,
    /// Different pictures of a micro-batch.
    pub images: usize,
    /// Patches of one picture, before they are merged.
    pub patches: usize,
    /// Responses that are sampled at once, and to how many prompts.
    pub sampled: usize,
    pub sampled_prompts: usize,
    /// Copies of the logits that the loss and its backward pass make.
    pub loss_copies: usize,
}

/// When a part exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Always,
    Training,
    Sampling,
}

/// Where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Where the tensors live: main memory, or the GPU's.
    Device,
    Host,
}

#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub name: &'static str,
    pub bytes: u64,
    pub phase: Phase,
    pub place: Place,
}

/// What a run will need.
#[derive(Clone, Debug)]
pub struct MemoryPlan {
    pub parts: Vec<Part>,
    cpu: bool,
    /// Sampling goes on while the policy is trained.
    overlapped: bool,
}

impl Setup<'_> {
    /// Bytes of a number in a tensor.
    pub(super) fn bytes(&self) -> u64 {
        if self.cpu { 4 } else { 2 }
    }

    fn adapter_numbers(&self) -> u64 {
        let Some(lora) = self.lora else { return 0 };
        let linear = names::shapes(self.config).into_iter().filter_map(|(name, shape)| {
            let layer = name.strip_suffix(".weight")?;
            (shape.len() == 2 && lora.binds(layer)).then(|| (shape[0] + shape[1]) as u64)
        });
        linear.sum::<u64>() * lora.rank as u64
    }
}

impl Workload {
    /// Packed tokens of a micro-batch; the last token of a response is never read.
    pub(super) fn tokens(&self) -> usize {
        self.prompts * self.prompt_tokens + self.rows * self.response_tokens.saturating_sub(1)
    }

    /// Packed tokens whose logits are wanted.
    pub(super) fn selected(&self) -> usize {
        self.prompts + self.rows * self.response_tokens.saturating_sub(1)
    }
}

impl MemoryPlan {
    pub fn new(setup: &Setup<'_>, work: &Workload) -> Self {
        let mut plan = Self { parts: Vec::new(), cpu: setup.cpu, overlapped: setup.behaviours > 0 };
        plan.model(setup);
        plan.training(setup, work);
        plan.sampling(setup, work);
        plan
    }

    fn add(&mut self, name: &'static str, bytes: u64, phase: Phase, place: Place) {
        if bytes > 0 {
            self.parts.push(Part { name, bytes, phase, place });
        }
    }

    fn model(&mut self, setup: &Setup<'_>) {
        let (weights, adapters) = (setup.config.parameters() as u64, setup.adapter_numbers());
        let trained = if setup.lora.is_some() { adapters } else { weights };
        let size = setup.bytes();
        self.add("weights", size * weights, Phase::Always, Place::Device);
        self.add("adapters", size * adapters, Phase::Always, Place::Device);
        let teacher = if setup.own_teacher { size * trained } else { 0 };
        self.add("teacher", teacher, Phase::Always, Place::Device);
        self.add("sampling policies", setup.behaviours * size * trained, Phase::Always, Place::Device);
        // Two moments, and a master copy of what is not f32.
        let each = if setup.cpu { 8 } else { 12 };
        self.add("optimiser", each * trained, Phase::Always, Place::Host);
        self.add("summed gradients", 4 * trained, Phase::Training, Place::Host);
        let pass = if setup.checkpoints {
            trained.min(weights / setup.config.text.layers as u64 + self.head_numbers(setup))
        } else {
            trained
        };
        self.add("gradients of a pass", size * pass, Phase::Training, Place::Device);
    }

    fn head_numbers(&self, setup: &Setup<'_>) -> u64 {
        (setup.config.text.vocab * setup.config.text.hidden) as u64
    }

    fn training(&mut self, setup: &Setup<'_>, work: &Workload) {
        let activations = activations(setup, work);
        self.add("activations", activations.kept, Phase::Training, Place::Device);
        let vocab = setup.config.text.vocab;
        let at_once = logit_rows(vocab).min(work.rows * work.response_tokens);
        let logits = 4 * (at_once * vocab * work.loss_copies) as u64;
        // Logits are gone when the backward pass through the layers begins.
        self.add("logits or backward pass", logits.max(activations.passing), Phase::Training, Place::Device);
    }

    fn sampling(&mut self, setup: &Setup<'_>, work: &Workload) {
        let text = &setup.config.text;
        let token = (2 * text.layers * text.kv_heads * text.head_dim) as u64;
        if !setup.cpu {
            // Lanes as long as the longest, twice while they are laid out anew, and room for what comes.
            let long = work.prompt_tokens + work.response_tokens + decode::ROOM;
            let lanes = 2 * setup.bytes() * token * (work.sampled * long) as u64;
            self.add("keys and values", lanes, Phase::Sampling, Place::Device);
            let scores = 3 * 4 * (work.sampled * text.heads * long) as u64;
            let logits = 8 * (work.sampled * text.vocab) as u64;
            self.add("logits and scores of samples", scores + logits, Phase::Sampling, Place::Device);
            return;
        }
        let language: usize = names::shapes(setup.config)
            .iter()
            .filter(|(name, _)| !name.starts_with("model.visual."))
            .map(|(_, shape)| shape.iter().product::<usize>())
            .sum();
        let packed = language as u64 + if setup.config.tied { self.head_numbers(setup) } else { 0 };
        self.add("weights packed for sampling", 4 * packed, Phase::Sampling, Place::Host);
        let cached = work.sampled_prompts * work.prompt_tokens.next_multiple_of(16)
            + work.sampled * work.response_tokens.next_multiple_of(16);
        self.add("keys and values", 4 * token * cached as u64, Phase::Sampling, Place::Host);
        self.add("logits of samples", 8 * (work.sampled * text.vocab) as u64, Phase::Sampling, Place::Host);
    }

    /// The most that is needed in a place at any time; on the CPU both places are one.
    pub fn peak(&self, place: Place) -> u64 {
        let sum = |phase: Phase| -> u64 {
            let here = self.parts.iter().filter(|part| part.phase == phase);
            here.filter(|part| self.cpu || part.place == place).map(|part| part.bytes).sum()
        };
        let (training, sampling) = (sum(Phase::Training), sum(Phase::Sampling));
        sum(Phase::Always) + if self.overlapped { training + sampling } else { training.max(sampling) }
    }

    /// # Errors
    /// When more is needed than there is; says what takes most.
    pub fn check(&self, place: Place, available: u64) -> Result<()> {
        let peak = self.peak(place);
        if peak <= available {
            return Ok(());
        }
        let largest = self.parts.iter().filter(|part| self.cpu || part.place == place);
        let largest = largest.max_by_key(|part| part.bytes).map_or(String::new(), |part| {
            format!("; the largest part is {}: {}", part.name, shown(part.bytes))
        });
        Err(PolicyError::input(format!(
            "the run needs {} of memory where {} are available{largest}; a smaller `train.micro-batch`, \
             `policy.gradient-checkpointing` or `policy.tune = \"lora\"` needs less",
            shown(peak),
            shown(available)
        )))
    }
}

impl fmt::Display for MemoryPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            let phase = match part.phase {
                Phase::Always => "",
                Phase::Training => ", training",
                Phase::Sampling => ", sampling",
            };
            let place = if !self.cpu && part.place == Place::Host { ", main memory" } else { "" };
            writeln!(f, "{:>10}  {}{phase}{place}", shown(part.bytes), part.name)?;
        }
        if self.cpu {
            return write!(f, "{:>10}  at most, together", shown(self.peak(Place::Device)));
        }
        writeln!(f, "{:>10}  at most, on the device", shown(self.peak(Place::Device)))?;
        write!(f, "{:>10}  at most, in main memory", shown(self.peak(Place::Host)))
    }
}

fn shown(bytes: u64) -> String {
    const MIB: f64 = 1024.0 * 1024.0;
    let mib = bytes as f64 / MIB;
    if mib >= 1024.0 { format!("{:.1} GiB", mib / 1024.0) } else { format!("{mib:.1} MiB") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{SpecialIds, TextConfig, VisionConfig, loss_copies};

    /// Published sizes: hidden, inner, layers, heads, tied; vision hidden, inner, depth; deepstack.
    fn official(text: [usize; 4], tied: bool, vision: [usize; 3], deepstack: [usize; 3]) -> ModelConfig {
        let [hidden, intermediate, layers, heads] = text;
        let mut config = ModelConfig::tiny(151_936, SpecialIds::default());
        config.text = TextConfig {
            hidden,
            intermediate,
            layers,
            heads,
            kv_heads: 8,
            head_dim: 128,
            rope_theta: 5e6,
            mrope_section: [24, 20, 20],
            max_positions: 262_144,
            ..config.text
        };
        config.tied = tied;
        let [hidden, intermediate, depth] = vision;
        let tower = config.vision.take().unwrap();
        config.vision = Some(VisionConfig {
            hidden,
            intermediate,
            depth,
            heads: 16,
            position_side: 48,
            deepstack: deepstack.to_vec(),
            ..tower
        });
        config.validate().unwrap();
        config
    }

    fn eight_billion() -> ModelConfig {
        official([4096, 12_288, 36, 32], false, [1152, 4304, 27], [8, 16, 24])
    }

    #[test]
    fn official_sizes_have_the_published_numbers_of_parameters() {
        let small = [1024, 4096, 24];
        let two = official([2048, 6144, 28, 16], true, small, [5, 11, 17]).parameters();
        let four = official([2560, 9728, 36, 32], true, small, [5, 11, 17]).parameters();
        for (count, published) in [(two, 2.13e9), (four, 4.44e9), (eight_billion().parameters(), 8.77e9)] {
            assert!((count as f64 / published - 1.0).abs() < 0.005, "{count} {published}");
        }
    }

    /// Eight responses of 2,000 tokens to a prompt with two pictures of 1,024 x 1,024 pixels.
    fn rollouts(rows: usize) -> Workload {
        Workload {
            rows,
            prompts: 1,
            prompt_tokens: 2 * 1024 + 500,
            response_tokens: 2000,
            images: 2,
            patches: 64 * 64,
            sampled: 8,
            sampled_prompts: 1,
            loss_copies: loss_copies(false, true, false),
        }
    }

    #[test]
    fn adapters_on_eight_billion_weights_fit_one_gpu_and_all_weights_do_not() {
        let (config, lora, gpu) = (eight_billion(), LoraConfig::default(), 139 * (1u64 << 30));
        let adapted = Setup {
            config: &config,
            lora: Some(&lora),
            checkpoints: true,
            cpu: false,
            own_teacher: true,
            behaviours: 0,
        };
        for rows in [1, 8] {
            let plan = MemoryPlan::new(&adapted, &rollouts(rows));
            println!("{rows} rows in a micro-batch\n{plan}");
            plan.check(Place::Device, gpu).unwrap();
            assert!(plan.peak(Place::Device) > 2 * config.parameters() as u64);
        }
        let whole = Setup { lora: None, checkpoints: false, ..adapted };
        let error = MemoryPlan::new(&whole, &rollouts(8)).check(Place::Device, gpu).unwrap_err().to_string();
        assert!(error.contains("largest part is activations") && error.contains("139.0 GiB"), "{error}");
    }
}
