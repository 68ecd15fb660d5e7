//! `[teacher]`: the privileged second reader of the same response.

use serde::{Deserialize, Serialize};

/// The privileged second reader of the same response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct TeacherConfig {
    /// Whose weights the teacher has. A live teacher collapses a policy that was trained from scratch.
    pub kind: TeacherKind,
    /// Step of the moving average, `ema` only; 5 % is known to collapse.
    pub ema_rate: f64,
    /// Whose privileged context the objective's teacher is given: `own`, or a control.
    pub context: ContextOf,
    /// What the privileged context holds.
    pub channels: Vec<Channel>,
    /// What messages say: the target's value (close to `opsd`, the only thing a tiny policy can use), the signed
    /// difference, or both.
    pub message_style: MessageStyle,
    /// Added to the teacher's logit of `bias-token` at every place: a consistently wrong teacher, the positive control of
    /// studies of credit. 0 = none.
    pub bias: f64,
    /// The text of one token.
    pub bias_token: String,
    /// Longest privileged context in tokens; feedback is shortened in its middle to fit.
    pub max_context_tokens: usize,
}

impl Default for TeacherConfig {
    fn default() -> Self {
        Self {
            kind: TeacherKind::Frozen,
            ema_rate: 0.01,
            context: ContextOf::Own,
            channels: vec![Channel::Image, Channel::Rubric, Channel::Messages, Channel::Traceback],
            message_style: MessageStyle::Target,
            bias: 0.0,
            bias_token: "0".into(),
            max_context_tokens: 512,
        }
    }
}

/// `live`: current weights; `frozen`: a snapshot taken when the objective starts; `base`: adapter off; `ema`: a moving
/// average.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TeacherKind {
    Live,
    #[default]
    Frozen,
    Base,
    Ema,
}

impl TeacherKind {
    /// Whether such a teacher has weights of its own.
    pub fn is_own(self) -> bool {
        matches!(self, Self::Frozen | Self::Ema)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// The picture of the student's own program.
    Image,
    /// The table of axes.
    Rubric,
    /// The defects in words.
    Messages,
    /// The error of a program that failed (replaces the image).
    Traceback,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageStyle {
    #[default]
    Target,
    Signed,
    Both,
}

/// The controls of the privileged context. The warm start is the same with all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContextOf {
    /// The rollout's own.
    #[default]
    Own,
    /// None: the teacher reads the student's prompt.
    Nothing,
    /// Another rollout's of the batch, so that everything but its being right is the same.
    Another,
}
