//! What detectors of every domain do.

use galley_core::{Defect, Region, Render, Task};

/// What `find` sees on the render and not, at the same place, on the target.
pub fn beyond_target(task: &Task, render: &Render, find: impl Fn(&Render) -> Vec<Defect>) -> Vec<Defect> {
    const SAME_PLACE: f64 = 0.5;
    let mut found = find(render);
    if let Some(reference) = task.reference.as_ref().filter(|_| !found.is_empty()) {
        let known = find(&reference.render);
        found.retain(|defect| known.iter().all(|other| defect.region.iou(other.region) < SAME_PLACE));
    }
    found
}

/// A defect of severity 1 without a target.
pub fn defect(detector: &str, axis: &str, region: Region, message: String) -> Defect {
    Defect {
        detector: detector.into(),
        axis: axis.into(),
        region,
        severity: 1.0,
        message,
        target: None,
        target_span: None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use galley_core::{Image, Reference};

    use super::*;

    #[test]
    fn what_the_target_has_itself_is_no_defect() {
        let render =
            |width| Render { image: Some(Arc::new(Image::filled(width, 1, [0; 3]))), ..Render::default() };
        let find = |render: &Render| {
            let width = render.image.as_ref().map_or(0, |image| image.width);
            vec![defect("x/y", "z", Region::new(0.0, 0.0, f64::from(width), 1.0), "wide".into())]
        };
        let reference = Some(Reference { program: None, render: Arc::new(render(4)) });
        let task = Task { id: "t".into(), prompt: Default::default(), reference, labels: Default::default() };
        assert!(beyond_target(&task, &render(4), find).is_empty());
        assert_eq!(beyond_target(&task, &render(40), find).len(), 1);
    }
}
