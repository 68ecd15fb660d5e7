//! Losses and their gradients against the PyTorch goldens (float64, cross-checked with TRL 1.16).

use std::{collections::BTreeMap, path::PathBuf, slice};

use candle_core::{Device, Tensor, Var};
use galley::objective::{
    Advantages, Batch, Divergence, Importance, Layout, Loss, Normalise, Objective, Privilege, Slice,
    Surrogate, VisualSdpo, advantages, divergence, ratios, surrogate, token_logprobs, weighted_sum,
};
use galley_core::{Defect, Region, Span, Statement, credit};

const LENGTH: usize = 17;

struct Golden {
    tensors: BTreeMap<String, Tensor>,
}

impl Golden {
    fn open() -> Self {
        let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/losses/losses.safetensors");
        let tensors = candle_core::safetensors::load(own, &Device::Cpu)
            .expect("the loss goldens are in the repository");
        Self { tensors: tensors.into_iter().collect() }
    }

    fn flat(&self, name: &str) -> Vec<f32> {
        let tensor = &self.tensors[name];
        tensor
            .flatten_all()
            .and_then(|t| t.to_dtype(candle_core::DType::F32))
            .and_then(|t| t.to_vec1())
            .expect("a number")
    }

    fn ids(&self) -> Vec<u32> {
        let ids =
            self.tensors["in.token_ids"].flatten_all().and_then(|t| t.to_dtype(candle_core::DType::U32));
        ids.and_then(|t| t.to_vec1()).expect("ids")
    }
}

struct Case {
    golden: Golden,
    student: Var,
    teacher: Tensor,
    mask: Vec<bool>,
    weights: Vec<f32>,
    layout: Layout,
}

impl Case {
    fn new() -> Self {
        let golden = Golden::open();
        let flat = |name: &str| golden.tensors[name].reshape((3 * LENGTH, 97)).expect("[51, 97]");
        let student = Var::from_tensor(&flat("in.student_logits")).expect("var");
        let teacher = flat("in.teacher_logits");
        let mask = golden.flat("in.mask").iter().map(|&m| m > 0.5).collect();
        let weights = golden.flat("in.w");
        Self { student, teacher, mask, weights, layout: Layout::new(vec![LENGTH; 3]), golden }
    }

    fn coefficients(&self, how: Normalise, weighted: bool) -> Vec<f32> {
        let ones = vec![1.0; self.weights.len()];
        let weights = if weighted { &self.weights } else { &ones };
        self.layout.coefficients(how, weights, Some(&self.mask), 24)
    }

    fn kl(&self, kind: Divergence, k: usize, how: Normalise, weighted: bool) -> Tensor {
        let values = divergence(kind, self.student.as_tensor(), &self.teacher, k).expect("divergence");
        weighted_sum(&values, &self.coefficients(how, weighted)).expect("sum")
    }

    fn grpo(&self, kind: Advantages, how: Normalise, tis: bool) -> Tensor {
        let rewards: Vec<Option<f64>> =
            self.golden.flat("in.rewards").iter().map(|&r| Some(f64::from(r))).collect();
        let spread = self.layout.spread(&advantages(kind, &rewards));
        let now = token_logprobs(self.student.as_tensor(), &self.golden.ids()).expect("log-probs");
        let old = self.golden.flat("in.old_logprobs");
        let engine = self.golden.flat("in.engine_logprobs");
        let truncated = ratios(Importance::Tis, &old, &old, &engine, &old);
        let loss =
            surrogate(Surrogate { low: 0.2, high: 0.28 }, &now, &old, &spread, tis.then_some(&truncated[..]));
        weighted_sum(&loss.expect("surrogate"), &self.coefficients(how, false)).expect("sum")
    }

    fn visual_sdpo(&self) -> Tensor {
        let now = token_logprobs(self.student.as_tensor(), &self.golden.ids()).expect("log-probs");
        let now: Vec<f32> = now.to_vec1().expect("flat");
        let old = self.golden.flat("in.old_logprobs");
        let rho = ratios(Importance::Tis, &now, &old, &self.golden.flat("in.engine_logprobs"), &now);
        let values =
            divergence(Divergence::Reverse, self.student.as_tensor(), &self.teacher, 20).expect("divergence");
        let coefficients: Vec<f32> =
            self.coefficients(Normalise::Sequence, true).iter().zip(&rho).map(|(c, r)| c * r).collect();
        weighted_sum(&values, &coefficients).expect("sum")
    }

    fn check(&self, name: &str, loss: &Tensor) {
        let expected = self.golden.flat(&format!("value.{name}"))[0];
        let value: f32 = loss.to_scalar().expect("scalar");
        assert!((value - expected).abs() < 1e-6, "{name}: {value} instead of {expected}");
        let gradients = loss.backward().expect("backward");
        let found = gradients.get(self.student.as_tensor()).expect("a gradient for the student");
        let found: Vec<f32> = found.flatten_all().and_then(|t| t.to_vec1()).expect("flat");
        let wanted = self.golden.flat(&format!("grad.{name}"));
        let worst = found.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-7, "{name}: a gradient entry is off by {worst}");
    }
}

#[test]
fn divergences_equal_the_reference() {
    let case = Case::new();
    for (name, kind, k) in [
        ("rev_kl", Divergence::Reverse, 0),
        ("fwd_kl", Divergence::Forward, 0),
        ("jsd_a0.5", Divergence::Jsd, 0),
        ("topk20_tail_rev_kl", Divergence::Reverse, 20),
    ] {
        case.check(&format!("{name}.weighted.global"), &case.kl(kind, k, Normalise::Token, true));
        case.check(&format!("{name}.weighted.seq"), &case.kl(kind, k, Normalise::Sequence, true));
        case.check(&format!("{name}.unweighted.global"), &case.kl(kind, k, Normalise::Token, false));
    }
    case.check(
        "topk97_tail_rev_kl.weighted.global",
        &case.kl(Divergence::Reverse, 97, Normalise::Token, true),
    );
}

#[test]
fn grpo_equals_trl_in_all_twelve_variants() {
    let case = Case::new();
    for (norm, kind) in [("group_std", Advantages::Grpo), ("none", Advantages::DrGrpo)] {
        for (aggregate, how) in [
            ("token_mean", Normalise::Token),
            ("seq_mean", Normalise::Sequence),
            ("dr_grpo", Normalise::DrGrpo),
        ] {
            for (suffix, tis) in [("no_tis", false), ("tis", true)] {
                case.check(&format!("grpo.{norm}.{aggregate}.{suffix}"), &case.grpo(kind, how, tis));
            }
        }
    }
}

#[test]
fn visual_sdpo_and_its_mixture_with_grpo_equal_the_reference() {
    let case = Case::new();
    case.check("vsdpo.topk20.rho.seq", &case.visual_sdpo());
    let grpo = case.grpo(Advantages::Grpo, Normalise::Sequence, true);
    let mixture = (case.visual_sdpo() + (grpo * 0.5).expect("half")).expect("sum");
    case.check("combo.topk20_rho_seq_plus_0.5_grpo", &mixture);
}

#[test]
fn on_policy_ratios_are_exactly_one() {
    let values = [-0.3, -4.5, -20.0];
    assert_eq!(ratios(Importance::Tis, &values, &values, &values, &values), [1.0; 3]);
}

/// What the objectives are given about the golden batch.
fn batch(case: &Case, weights: Vec<f32>) -> Batch {
    Batch {
        layout: case.layout.clone(),
        tokens: case.golden.ids(),
        weights,
        engine: case.golden.flat("in.engine_logprobs"),
        max_tokens: 24,
        ..Batch::default()
    }
}

fn distil(name: &'static str) -> VisualSdpo {
    VisualSdpo {
        name,
        privilege: Privilege::Feedback,
        divergence: Divergence::Reverse,
        top_k: 20,
        importance: Importance::Tis,
        normalise: Normalise::Sequence,
        clamp: 0.0,
        grpo: None,
    }
}

fn loss(case: &Case, objective: &VisualSdpo, weights: Vec<f32>) -> Loss {
    let slice =
        Slice { range: 0..3 * LENGTH, student: case.student.as_tensor(), teacher: Some(&case.teacher) };
    objective.loss(&batch(case, weights), &slice).expect("a loss")
}

/// The engine's log-probabilities are others than the trainer's here, and still: before the first update of a batch the
/// policy is its own past.
#[test]
fn an_objective_s_ratios_are_exactly_one_before_the_first_update() {
    let case = Case::new();
    assert!(
        loss(&case, &distil("visual-sdpo"), case.weights.clone()).ratio.iter().all(|&ratio| ratio == 1.0)
    );
}

#[test]
fn top_k_is_the_whole_vocabulary_where_the_tail_is_one_token_or_none() {
    let case = Case::new();
    for kind in [Divergence::Reverse, Divergence::Forward, Divergence::Jsd] {
        let full = case.kl(kind, 0, Normalise::Token, true).to_scalar::<f32>().expect("scalar");
        for k in [96, 97] {
            let top = case.kl(kind, k, Normalise::Token, true).to_scalar::<f32>().expect("scalar");
            assert!((full - top).abs() < 1e-6, "{kind:?}, K = {k}: {top} instead of {full}");
        }
    }
}

#[test]
fn alpha_one_is_uniform_distillation() {
    let case = Case::new();
    let spans: Vec<Span> = (0..3 * LENGTH).map(|at| Span::new(at, at + 1)).collect();
    let response = "x".repeat(3 * LENGTH);
    let region = Region::new(0.0, 0.0, 4.0, 4.0);
    let statement = Statement { span: Span::new(3, 20), regions: vec![region], ..Statement::default() };
    let defect = Defect {
        detector: "t/t".into(),
        axis: "color".into(),
        region,
        severity: 1.0,
        message: String::new(),
        target: None,
        target_span: None,
    };
    let weights = |alpha| {
        credit(&spans, &response, 0, slice::from_ref(&statement), slice::from_ref(&defect), alpha).weights
    };
    let value = |name, weights| loss(&case, &distil(name), weights).total.to_scalar::<f32>().expect("scalar");
    let uniform = value("uniform-distill", vec![1.0; 3 * LENGTH]);
    assert_eq!(value("visual-sdpo", weights(1.0)), uniform);
    assert_ne!(value("visual-sdpo", weights(4.0)), uniform);
}
