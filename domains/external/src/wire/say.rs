//! What questions hold.

use galley_core::{Element, Fault, Region, Render, Span, Task};
use serde_json::{Map, Value, json};

/// A render, with the address of its picture.
pub fn render(render: &Render, address: Option<&str>) -> Value {
    let size = render.image.as_ref().map(|image| [image.width, image.height]);
    json!({
        "image": address,
        "width": size.map(|[width, _]| width),
        "height": size.map(|[_, height]| height),
        "elements": render.elements.iter().map(element).collect::<Vec<_>>(),
        "faults": render.faults.iter().map(fault).collect::<Vec<_>>(),
    })
}

/// A task without its prompt; `target` is what [`render`] says of its target.
pub fn task(task: &Task, target: Option<Value>) -> Value {
    let program = task.reference.as_ref().and_then(|reference| reference.program.as_deref());
    let reference = target.map(|render| json!({ "program": program, "render": render }));
    json!({ "id": task.id, "labels": task.labels, "reference": reference })
}

/// Left out where there is nothing to say.
fn element(element: &Element) -> Value {
    let mut said = Map::new();
    said.insert("kind".into(), element.kind.as_str().into());
    said.insert("region".into(), region(element.region));
    said.extend(element.parent.map(|parent| ("parent".into(), parent.into())));
    said.extend(element.span.map(|own| ("span".into(), span(own))));
    if !element.text.is_empty() {
        said.insert("text".into(), element.text.as_str().into());
    }
    said.extend(element.text_region.map(|own| ("text-region".into(), region(own))));
    if !element.style.is_empty() {
        said.insert("style".into(), json!(element.style));
    }
    Value::Object(said)
}

fn fault(fault: &Fault) -> Value {
    let mut said = Map::new();
    said.insert("kind".into(), json!(fault.kind));
    said.insert("message".into(), fault.message.as_str().into());
    said.extend(fault.span.map(|own| ("span".into(), span(own))));
    Value::Object(said)
}

fn span(span: Span) -> Value {
    json!([span.start, span.end])
}

fn region(region: Region) -> Value {
    json!([region.x, region.y, region.width, region.height])
}
