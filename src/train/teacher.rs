//! Where the teacher of the objective comes from, and how it follows the policy.

use anyhow::Result;

use super::session::Session;
use crate::{policy::Policy, recipe::TeacherKind, teacher::Teacher};

/// The teacher of the objective is born with it.
pub(super) fn take_teacher(session: &mut Session) -> Result<()> {
    session.teacher = match session.config.teacher.kind {
        TeacherKind::Live => Teacher::Live,
        TeacherKind::Base => Teacher::Base,
        TeacherKind::Frozen | TeacherKind::Ema => Teacher::Own(Box::new(session.policy.snapshot()?)),
    };
    Ok(())
}

/// Moves an averaged teacher towards the policy.
pub(super) fn follow(session: &Session, policy: &Policy) -> Result<()> {
    if let (TeacherKind::Ema, Teacher::Own(teacher)) = (session.config.teacher.kind, &session.teacher) {
        teacher.lerp_from(policy, session.config.teacher.ema_rate)?;
    }
    Ok(())
}
