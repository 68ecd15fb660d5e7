//! The page that is the picture.

use base64::{Engine, prelude::BASE64_STANDARD};
use galley_core::{Assessment, Defect, Image, Render};

use super::{
    escape::escaped,
    heat::{colour, source},
};

/// Width of the page in pixels: two pictures and the source.
pub const WIDTH: u32 = 2080;

/// Width of each picture.
const PICTURE: f64 = 600.0;

/// What is drawn.
pub struct Judged<'a> {
    pub program: &'a str,
    /// The target's render, where there is a target.
    pub reference: Option<&'a Render>,
    pub assessment: &'a Assessment,
    /// The weight of a token with full responsibility.
    pub alpha: f64,
}

const STYLE: &str = "
body{margin:0;padding:16px;background:#fff;color:#1b1b1f;font:14px/1.35 sans-serif}
.all{display:flex;gap:16px;align-items:flex-start}
.column{flex:none;width:600px}.source{flex:1;min-width:0}
h1{font-size:16px;margin:0 0 8px}
.picture{position:relative;outline:1px solid #c8c8d0;overflow:hidden}
.picture img{display:block;width:100%}
.box{position:absolute;box-sizing:border-box;border:2px solid}
.tag{position:absolute;color:#fff;font:bold 12px/16px sans-serif;padding:0 4px;min-width:8px;text-align:center}
.list{margin:12px 0 0;padding:0;list-style:none}
.list li{display:flex;gap:8px;margin:0 0 4px}
.list b{flex:none;color:#fff;font-size:12px;line-height:18px;height:18px;padding:0 5px;min-width:12px;text-align:center}
.list span{overflow-wrap:anywhere}
table{border-collapse:collapse;margin:12px 0 0}td{padding:1px 14px 1px 0}
.code{outline:1px solid #c8c8d0;padding:6px 0}
.line{display:flex;font:13px/1.45 monospace}
.line i{flex:none;width:44px;padding-right:10px;text-align:right;color:#8a8a94;font-style:normal}
.line code{flex:1;min-width:0;font:inherit;white-space:pre-wrap;overflow-wrap:anywhere;padding-right:8px}
.line b{font-weight:normal}
.scale{display:inline-block;padding:1px 8px}
";

/// The page as HTML.
pub fn page(judged: &Judged<'_>) -> Result<String, image::ImageError> {
    let render = &judged.assessment.render;
    let seen: Vec<&Defect> =
        judged.assessment.defects.iter().filter(|defect| defect.severity > 0.0).collect();
    let target = target(judged)?;
    let boxes = render.image.as_deref().map_or_else(String::new, |image| boxes(&seen, image));
    let attempt = picture(render.image.as_deref(), &boxes)?;
    let source =
        source(judged.program, &judged.assessment.statements, &judged.assessment.defects, judged.alpha);
    let list = list(&seen, render);
    let scale = scale(judged.alpha);
    Ok(format!(
        "<!DOCTYPE html><html><head><title>judgement</title><style>{STYLE}</style></head><body><div class=all>\
         {target}<div class=column><h1>render, {} defects</h1>{attempt}{list}</div>\
         <div class=source><h1>source, by weight {scale}</h1><div class=code>{source}</div></div>\
         </div></body></html>",
        seen.len()
    ))
}

/// The column of the target with what the render scores against it; nothing without a target.
fn target(judged: &Judged<'_>) -> Result<String, image::ImageError> {
    let Some(reference) = judged.reference else { return Ok(String::new()) };
    let (picture, scores) = (picture(reference.image.as_deref(), "")?, scores(judged));
    Ok(format!("<div class=column><h1>target</h1>{picture}{scores}</div>"))
}

fn picture(image: Option<&Image>, over: &str) -> Result<String, image::ImageError> {
    let Some(image) = image else { return Ok("<div class=picture>no picture</div>".into()) };
    let mut png = std::io::Cursor::new(Vec::new());
    let kind = image::ExtendedColorType::Rgb8;
    image::write_buffer_with_format(
        &mut png,
        &image.rgb,
        image.width,
        image.height,
        kind,
        image::ImageFormat::Png,
    )?;
    let data = BASE64_STANDARD.encode(png.into_inner());
    Ok(format!("<div class=picture><img src=\"data:image/png;base64,{data}\">{over}</div>"))
}

/// Colours of topics that can be told apart on most pages.
fn topic(axis: &str) -> &'static str {
    match axis {
        "block" => "#c2185b",
        "text" => "#1565c0",
        "position" => "#6a1b9a",
        "color" => "#00796b",
        "contrast" => "#5d4037",
        "layout" => "#e65100",
        _ => "#37474f",
    }
}

/// Frames with numbers; of frames at one place the numbers stand side by side.
fn boxes(defects: &[&Defect], image: &Image) -> String {
    let scale = PICTURE / f64::from(image.width.max(1));
    let canvas = galley_core::Region::new(0.0, 0.0, f64::from(image.width), f64::from(image.height));
    let mut placed: Vec<(f64, f64)> = Vec::new();
    let mut html = String::new();
    for (number, defect) in defects.iter().enumerate() {
        let region = defect.region.intersection(canvas);
        let (x, y) = (region.x * scale, region.y * scale);
        let (width, height) = ((region.width * scale).max(6.0), (region.height * scale).max(6.0));
        let colour = topic(&defect.axis);
        let (mut left, mut top) = (x.clamp(0.0, PICTURE - 24.0), (y - 16.0).max(0.0));
        while placed.iter().any(|(a, b)| (a - left).abs() < 24.0 && (b - top).abs() < 16.0) {
            left += 25.0;
            if left > PICTURE - 24.0 {
                (left, top) = (x.clamp(0.0, PICTURE - 24.0), top + 17.0);
            }
        }
        placed.push((left, top));
        html.push_str(&format!(
            "<div class=box style=\"left:{x:.1}px;top:{y:.1}px;width:{width:.1}px;height:{height:.1}px;border-color:{colour}\"></div>\
             <div class=tag style=\"left:{left:.1}px;top:{top:.1}px;background:{colour}\">{}</div>",
            number + 1
        ));
    }
    html
}

fn list(defects: &[&Defect], render: &Render) -> String {
    let defects = defects.iter().enumerate().map(|(number, defect)| {
        let (colour, name, message) =
            (topic(&defect.axis), escaped(&defect.detector), escaped(&defect.message));
        let wanted =
            defect.target.as_ref().map_or_else(String::new, |target| format!(" → {}", escaped(target)));
        format!(
            "<li><b style=\"background:{colour}\">{}</b><span>{name}: {message}{wanted}</span></li>",
            number + 1
        )
    });
    let faults = render.faults.iter().map(|fault| {
        format!("<li><b style=\"background:#b00020\">!</b><span>{}</span></li>", escaped(&fault.message))
    });
    format!("<ul class=list>{}</ul>", defects.chain(faults).collect::<String>())
}

fn scores(judged: &Judged<'_>) -> String {
    let score = &judged.assessment.score;
    let row = |axis: &galley_core::Axis| {
        let mark = if axis.satisfied { "satisfied" } else { "" };
        format!("<tr><td>{}</td><td>{:.4}</td><td>{mark}</td></tr>", escaped(&axis.name), axis.value)
    };
    let axes: String = score.axes.iter().map(row).collect();
    format!(
        "<table><tr><td><strong>reward</strong></td><td><strong>{:.4}</strong></td><td></td></tr>{axes}</table>",
        score.reward
    )
}

fn scale(alpha: f64) -> String {
    let step = |share: f64| {
        let weight = 1.0 + (alpha - 1.0) * share;
        let background = if share > 0.0 { colour(share) } else { "#fff".into() };
        format!("<span class=scale style=\"background:{background}\">{weight:.2}</span>")
    };
    [0.0, 0.25, 0.5, 0.75, 1.0].map(step).concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{faults, hand_built};

    #[test]
    fn hostile_texts_leave_a_page_that_parses() {
        let program = "<p title='</code></div>'>&lt;script> \"quoted\"</p><!-- --><style>";
        let reference = hand_built::render("<body>x</body>");
        let defect = Defect {
            detector: "web/<b>".into(),
            axis: "color".into(),
            region: galley_core::Region::new(-5.0, 0.0, 1e6, 0.0),
            severity: 1.0,
            message: "</li><script>".into(),
            target: Some("<i>".into()),
            target_span: None,
        };
        let assessment = Assessment {
            program: galley_core::Span::new(0, program.len()),
            render: reference.clone(),
            defects: vec![defect.clone(), defect],
            statements: Vec::new(),
            score: Default::default(),
        };
        let html =
            page(&Judged { program, reference: Some(&reference), assessment: &assessment, alpha: 2.0 })
                .unwrap();
        assert_eq!(faults::syntax(&html), None);
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;") && html.contains(">2</div>"));
    }
}
