//! CPU time and agreement of the Design2Code port: `scripts/bench-web-metrics [DIR]` runs it beside the official program.
//!
//! `web_metrics DIR [COMMAND ..]`: every folder in DIR that holds a `golden.json`, six screenshots (`ref.png`, `ref_p.png`,
//! `ref_p_1.png`, `pred.png`, …) and the pages. COMMAND reads the path of a case per line and answers each with a line
//! of JSON: its CPU seconds and its numbers. Both run on the same case in turn. Timed are the decoding of the pictures and
//! everything up to the scores; making the two pictures for CLIP is timed apart, reading the HTML and CLIP itself not.

use std::{
    cell::RefCell,
    error::Error,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use galley_measure::design2code::{Evaluation, Inputs, PageShots, Raster, clip_view, evaluate};
use serde_json::Value;

/// How often this side runs each case; its time is the mean.
const ROUNDS: u32 = 3;
const NUMBERS: [&str; 4] = ["block", "text", "position", "color"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("web_metrics DIR [COMMAND ..]")?);
    let command: Vec<String> = arguments.collect();
    let mut official = (!command.is_empty()).then(|| Official::start(&command)).transpose()?;
    let mut total = Total::default();
    println!("{:<44} {:>10} {:>10} {:>7} {:>10}", "CPU seconds", "here", "official", "ratio", "difference");
    for case in cases(&folder)? {
        let here = run(&case)?;
        let there = official.as_mut().map(|official| official.run(&case)).transpose()?;
        total.add(&case, &here, there.as_ref());
    }
    total.print();
    Ok(())
}

fn cases(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = folder.read_dir()?.collect::<Result<Vec<_>, _>>()?;
    let mut cases: Vec<PathBuf> =
        entries.iter().map(|entry| entry.path()).filter(|path| path.join("golden.json").is_file()).collect();
    cases.sort();
    if cases.is_empty() {
        return Err(format!("no case in {}", folder.display()).into());
    }
    Ok(cases.iter().map(|case| case.canonicalize()).collect::<Result<_, _>>()?)
}

/// CPU seconds and the four numbers of one case.
struct Outcome {
    cpu: f64,
    view_cpu: f64,
    numbers: [f64; 4],
}

/// The official program, waiting for cases.
struct Official {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Official {
    fn start(command: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(&command[0])
            .args(&command[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let answers = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Self { child, answers })
    }

    fn run(&mut self, case: &Path) -> Result<Outcome, Box<dyn Error>> {
        let input = self.child.stdin.as_mut().ok_or("no input")?;
        writeln!(input, "{}", case.display())?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(format!("the official program ended at {}", case.display()).into());
        }
        let answer: Value = serde_json::from_str(&line)?;
        let number = |key: &str| answer[key].as_f64().ok_or_else(|| format!("no {key} in {line}"));
        let [block, text, position, color] = NUMBERS.map(number);
        let numbers = [block?, text?, position?, color?];
        Ok(Outcome { cpu: number("cpu")?, view_cpu: number("view_cpu")?, numbers })
    }
}

impl Drop for Official {
    fn drop(&mut self) {
        // It ends when its input does; whatever it says then is of no interest.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn run(case: &Path) -> Result<Outcome, Box<dyn Error>> {
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(case.join("golden.json"))?)?;
    let texts = ["ref", "pred"].map(|side| texts(&golden[side]["text_colors"]));
    let (mut cpu, mut view_cpu) = (0.0, 0.0);
    let found = RefCell::new(None);
    for _ in 0..ROUNDS {
        let start = cpu_seconds();
        let reference = shots(case, "ref")?;
        let prediction = shots(case, "pred")?;
        let evaluation = evaluate(
            &Inputs { reference: page(&reference, &texts[0])?, prediction: page(&prediction, &texts[1])? },
            None,
        );
        let scored = cpu_seconds();
        let boxes = &evaluation.clip_mask_boxes;
        std::hint::black_box(clip_view(raster(&prediction[0])?, &boxes.prediction));
        std::hint::black_box(clip_view(raster(&reference[0])?, &boxes.reference));
        view_cpu += cpu_seconds() - scored;
        cpu += scored - start;
        found.replace(Some(numbers(&evaluation)));
    }
    let numbers = found.into_inner().ok_or("no round")?;
    Ok(Outcome { cpu: cpu / f64::from(ROUNDS), view_cpu: view_cpu / f64::from(ROUNDS), numbers })
}

fn numbers(evaluation: &Evaluation) -> [f64; 4] {
    let scores = &evaluation.scores;
    [scores.block, scores.text, scores.position, scores.color]
}

fn texts(list: &Value) -> Vec<(String, String)> {
    let text = |item: &Value| Some((item[0].as_str()?.to_owned(), item[1].as_str()?.to_owned()));
    list.as_array().map_or_else(Vec::new, |list| list.iter().filter_map(text).collect())
}

fn shots(case: &Path, side: &str) -> Result<Vec<image::RgbImage>, image::ImageError> {
    let names = ["", "_p", "_p_1"].map(|suffix| case.join(format!("{side}{suffix}.png")));
    names.iter().map(|path| Ok(image::open(path)?.into_rgb8())).collect()
}

fn page<'a>(
    shots: &'a [image::RgbImage],
    texts: &'a [(String, String)],
) -> Result<PageShots<'a>, &'static str> {
    Ok(PageShots {
        text_colors: texts,
        png: raster(&shots[0])?,
        png_p: raster(&shots[1])?,
        png_p_1: raster(&shots[2])?,
    })
}

fn raster(picture: &image::RgbImage) -> Result<Raster<'_>, &'static str> {
    Raster::new(picture.width() as usize, picture.height() as usize, picture.as_raw())
        .ok_or("an empty picture")
}

/// Of this process.
fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes to the struct it is given and to nothing else.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Sums over the cases.
#[derive(Default)]
struct Total {
    cases: u32,
    here: [f64; 2],
    there: [f64; 2],
    ratios: Vec<f64>,
    apart: [f64; 4],
}

impl Total {
    fn add(&mut self, case: &Path, here: &Outcome, there: Option<&Outcome>) {
        let name = case.file_name().unwrap_or_default().to_string_lossy();
        self.cases += 1;
        self.here[0] += here.cpu;
        self.here[1] += here.view_cpu;
        let Some(there) = there else {
            println!("{name:<44} {:>10.4}", here.cpu);
            return;
        };
        self.there[0] += there.cpu;
        self.there[1] += there.view_cpu;
        self.ratios.push(there.cpu / here.cpu);
        let apart: [f64; 4] = std::array::from_fn(|at| (here.numbers[at] - there.numbers[at]).abs());
        self.apart = std::array::from_fn(|at| self.apart[at].max(apart[at]));
        let worst = apart.into_iter().fold(0.0, f64::max);
        let ratio = there.cpu / here.cpu;
        println!("{name:<44} {:>10.4} {:>10.4} {ratio:>7.1} {worst:>10.1e}", here.cpu, there.cpu);
    }

    fn print(&mut self) {
        let mean = |sum: f64| sum / f64::from(self.cases);
        println!(
            "\n{} pairs; CPU seconds per pair here: {:.4}, pictures for CLIP {:.4}",
            self.cases,
            mean(self.here[0]),
            mean(self.here[1])
        );
        if self.ratios.is_empty() {
            return;
        }
        println!("officially: {:.4}, pictures for CLIP {:.4}", mean(self.there[0]), mean(self.there[1]));
        self.ratios.sort_by(f64::total_cmp);
        let (least, median) = (self.ratios[0], self.ratios[self.ratios.len() / 2]);
        let with_views = (self.there[0] + self.there[1]) / (self.here[0] + self.here[1]);
        let ratio = self.there[0] / self.here[0];
        println!(
            "ratio of the sums {ratio:.1} (with the pictures {with_views:.1}), median {median:.1}, least {least:.1}"
        );
        for (name, apart) in NUMBERS.iter().zip(self.apart) {
            println!("largest difference in {name}: {apart:.2e}");
        }
    }
}
