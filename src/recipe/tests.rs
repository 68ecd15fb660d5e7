//! Loading as a whole: text and overrides in, recipe or complete error text out.

use galley_core::{DomainEntry, DomainError, Registry};
use serde_json::json;

use super::{Channel, Origin, Sources, load, parse};

fn registry() -> Registry {
    let entry = |name, defaults| DomainEntry {
        name,
        summary: "",
        defaults,
        build: |_, _| Err(DomainError::setup("not built in this test", "")),
        detectors: Vec::new,
    };
    let web =
        entry("web", || json!({"tasks": 100, "noise": 0.5, "source": null, "viewport": {"width": 128}}));
    Registry::new().with(web).with(entry("charts", || json!({"dpi": 100})))
}

fn arguments(overrides: &[&str]) -> Sources {
    Sources { overrides: overrides.iter().map(ToString::to_string).collect(), ..Sources::default() }
}

fn mistakes(text: &str, sources: &Sources) -> String {
    parse(text, sources, &registry()).map_or_else(|errors| errors.to_string(), |_| "no mistake".into())
}

#[test]
fn an_empty_recipe_is_the_vetted_one() {
    let recipe = parse("", &Sources::default(), &registry()).unwrap();
    assert_eq!(recipe.config.train, super::TrainConfig::default());
    assert_eq!(recipe.config.name, "recipe");
    let web = json!({"tasks": 100, "noise": 0.5, "source": null, "viewport": {"width": 128}});
    assert_eq!(recipe.config.domain.settings(), web);
    assert_eq!(recipe.config.domain.tables.len(), 1, "tables of other domains are left out");
    let order = "[domain.web]\ntasks = 100\nnoise = 0.5\n# source is not set\n\n[domain.web.viewport]\n";
    assert!(recipe.to_toml().contains(order), "{}", recipe.to_toml());
    assert!(recipe.origins.values().all(|origin| *origin == Origin::Default));
}

#[test]
fn later_layers_win_and_are_named() {
    let text = "[train]\nlr = 1\nsteps = 2\nprompts = 3\ngroup = 4\n[profile.cpu.train]\nsteps = 20\nprompts = 30\ngroup = 40";
    let sources = Sources {
        environment: vec![
            ("GALLEY__TRAIN__PROMPTS".into(), "300".into()),
            ("GALLEY__TRAIN__GROUP".into(), "400".into()),
            ("GALLEY__TRAIN__WEIGHT_DECAY".into(), "3e-4".into()),
            ("GALLEY_CACHE".into(), "elsewhere".into()),
        ],
        ..arguments(&["train.group=4000", "objective.name=grpo", "teacher.channels=[\"rubric\"]"])
    };
    let recipe = parse(text, &sources, &registry()).unwrap();
    let train = &recipe.config.train;
    assert_eq!((train.lr, train.steps, train.prompts, train.group), (1.0, 20, 300, 4000));
    assert_eq!(train.weight_decay, 3e-4, "the environment is read as TOML");
    assert_eq!(recipe.config.teacher.channels, [Channel::Rubric]);
    let origin = |path: &str| recipe.origins[path].to_string();
    assert_eq!(origin("train.lr"), "recipe.toml:2");
    assert_eq!(origin("train.steps"), "recipe.toml:7 (profile cpu)");
    assert_eq!(origin("train.prompts"), "environment GALLEY__TRAIN__PROMPTS");
    assert_eq!(origin("train.group"), "command line train.group=4000");
    assert_eq!(origin("train.eps"), "default");
}

#[test]
fn the_device_chooses_the_profile_unless_one_is_named() {
    let text = "[profile.cpu]\nseed = 10\n[profile.gpu]\nseed = 20\n[profile.ci]\nseed = 30";
    let seed = |cuda: bool, profile: Option<&str>, overrides: &[&str]| {
        let sources = Sources { cuda, profile: profile.map(String::from), ..arguments(overrides) };
        parse(text, &sources, &registry()).unwrap().config.seed
    };
    assert_eq!(seed(false, None, &[]), 10);
    assert_eq!(seed(true, None, &[]), 20);
    assert_eq!(seed(true, None, &["device=cpu"]), 10);
    assert_eq!(seed(true, Some("ci"), &[]), 30);
    let unknown = Sources { profile: Some("gpux".into()), ..Sources::default() };
    let expected = "error: the recipe has no profile `gpux`\n  help: did you mean `gpu`? known: cpu, gpu, ci";
    assert!(mistakes(text, &unknown).starts_with(expected), "{}", mistakes(text, &unknown));
}

#[test]
fn all_mistakes_are_reported_each_at_its_place() {
    let text = "\
sede = 1
[train]
lrr = 3e-4
steps = \"many\"
schedule = \"cosin\"
[objective.visual-sdpo]
alpha = -1.0
[domain.web]
viewport = { widht = 3 }
[profile.gpu.eval]
taks = 3
";
    let sources =
        arguments(&["train.lrrr=1", "sampling.top-k=-1", "teacher.channels=[\"image\", \"rubrik\"]"]);
    let expected = "\
error: unknown key `sede` in the recipe
 --> recipe.toml:1:1
  |
1 | sede = 1
  | ^^^^ did you mean `seed`? known: name, seed, data-seed, device, domain, policy, sampling, warm-start, teacher, objective, train, eval, guard, render, perceptual, store

error: unknown key `lrr` in [train]
 --> recipe.toml:3:1
  |
3 | lrr = 3e-4
  | ^^^ did you mean `lr`? known: steps, prompts, group, lr, betas, eps, weight-decay, clip, schedule, warmup, minibatches, micro-batch, async-level, checkpoint-every, keep, eval-every, patience, min-delta

error: `train.steps`: expected a whole number, found the string \"many\"
 --> recipe.toml:4:9
  |
4 | steps = \"many\"
  |         ^^^^^^

error: unknown key `widht` in [domain.web.viewport]
 --> recipe.toml:9:14
  |
9 | viewport = { widht = 3 }
  |              ^^^^^ did you mean `width`? known: width

error: unknown key `taks` in [eval]
  --> recipe.toml:11:1
   |
11 | taks = 3
   | ^^^^ did you mean `tasks`? known: tasks, samples, greedy, batch, best-of, values, primary

error: unknown key `lrrr` in [train]
 --> command line: train.lrrr=1
  |
1 | train.lrrr=1
  |       ^^^^ did you mean `lr`? known: steps, prompts, group, lr, betas, eps, weight-decay, clip, schedule, warmup, minibatches, micro-batch, async-level, checkpoint-every, keep, eval-every, patience, min-delta

error: `sampling.top-k`: expected a whole number, 0 or more, found -1
 --> command line: sampling.top-k=-1
  |
1 | sampling.top-k=-1
  |                ^^

error: `teacher.channels`: there is no `rubrik`
 --> command line: teacher.channels=[\"image\", \"rubrik\"]
  |
1 | teacher.channels=[\"image\", \"rubrik\"]
  |                            ^^^^^^^^ did you mean `rubric`? known: image, rubric, messages, traceback

error: `train.schedule`: there is no `cosin`
 --> recipe.toml:5:12
  |
5 | schedule = \"cosin\"
  |            ^^^^^^^ did you mean `cosine`? known: constant, linear, cosine

error: `objective.visual-sdpo.alpha` must be 0 or more, not -1
 --> recipe.toml:7:9
  |
7 | alpha = -1.0
  |         ^^^^

10 mistakes in the recipe";
    let found = mistakes(text, &sources);
    assert!(found == expected, "{found}");
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    for (arguments_, message) in [
        (&["sampling.top-p=0.9"][..], "bias every importance ratio"),
        (&["objective.name=grpo", "train.group=1"], "must be at least 2"),
        (
            &["train.async-level=1", "objective.visual-sdpo.importance=none"],
            "would enter the loss without a correction",
        ),
        (&["train.async-level=2"], "must be 0 or 1, not 2"),
        (&["teacher.kind=base"], "without its adapter"),
        (&["policy.path=a", "policy.hub=b"], "exclude each other"),
        (&["domain.name=chart"], "did you mean `charts`?"),
        (&["train"], "expected key=value"),
        (&["train.betas=[0.9"], "error: "),
        (&["train.betas=[0.9]"], "`train.betas`: expected an array of length 2, found 1 items"),
        (&["train.lr=1e-5,3e-5"], "found the string \"1e-5,3e-5\""),
        (&["teacher.channels=[1]"], "`teacher.channels`: "),
        (&["teacher.channels=[[\"a\"], \"b\"]"], "`teacher.channels`: there is no `b`"),
        (&["policy.path=3"], "`policy.path`: expected a string, found 3"),
        (&["train=1"], "expected a table, found 1"),
        (&["train.lr=nan"], "expected a finite number"),
    ] {
        let found = mistakes("", &arguments(arguments_));
        assert!(found.contains(message), "{arguments_:?} gave\n{found}");
    }
    let allowed = ["sampling.top-p=0.9", "objective.grpo.allow-biased-ratios=true"];
    assert_eq!(mistakes("", &arguments(&allowed)), "no mistake");
}

#[test]
fn a_syntax_error_has_its_place() {
    let found = mistakes("seed = 1\nname = \n", &Sources::default());
    assert!(found.contains("recipe.toml:2:"), "{found}");
}

#[test]
fn a_base_is_extended_and_circles_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    write(
        "base.toml",
        "[train]\nlr = 0.5\nbetas = [0.1, 0.2]\n[profile.cpu.train]\nsteps = 3\n[profile.cpu.eval]\ntasks = 4",
    );
    let path = write(
        "mine.toml",
        "extends = \"base.toml\"\n[train]\nbetas = [0.3, 0.4]\n[profile.cpu.train]\nsteps = 5",
    );
    let recipe = load(&path, &Sources::default(), &registry()).unwrap();
    let train = &recipe.config.train;
    assert_eq!((train.lr, train.betas, train.steps, recipe.config.eval.tasks), (0.5, [0.3, 0.4], 5, 4));
    assert!(recipe.origins["train.lr"].to_string().ends_with("base.toml:2"));
    write("base.toml", "extends = \"mine.toml\"");
    let circle = load(&path, &Sources::default(), &registry()).unwrap_err().to_string();
    assert!(circle.contains("runs in a circle") && circle.contains("base.toml:1:11"), "{circle}");
    write("base.toml", "extends = \"none.toml\"");
    let missing = load(&path, &Sources::default(), &registry()).unwrap_err().to_string();
    assert!(missing.contains("none.toml") && missing.contains("base.toml:1:11"), "{missing}");
}

#[test]
fn a_recipe_survives_its_own_text() {
    let sources =
        arguments(&["train.lr=3e-7", "policy.hub=a/b", "domain.web.source={ path = \"x\", n = [1, 2.5] }"]);
    let recipe = parse("name = \"a \\\"b\\\"\\n\"", &sources, &registry()).unwrap();
    for text in [recipe.to_toml(), recipe.to_annotated_toml()] {
        let again =
            parse(&text, &Sources::default(), &registry()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(again.config, recipe.config);
        assert_eq!(again.hash(), recipe.hash());
    }
    assert!(
        recipe
            .to_annotated_toml()
            .contains("3e-7                                    # command line train.lr=3e-7")
    );
}

#[test]
fn the_hash_sees_values_and_nothing_else() {
    let hash =
        |text: &str, overrides: &[&str]| parse(text, &arguments(overrides), &registry()).unwrap().hash();
    assert_eq!(
        hash("[train]\nlr = 1\nsteps = 2", &[]),
        hash("name = \"b\"", &["train.steps=2", "train.lr=1.0"])
    );
    assert_eq!(hash("", &["domain.web.noise=1"]), hash("", &["domain.web.noise=1.0"]));
    assert_ne!(hash("", &[]), hash("", &["seed=2"]));
    assert_eq!(hash("", &[]), hash("", &["domain.charts.dpi=7"]), "another domain's table changes nothing");
}

#[test]
fn differences_name_paths_and_both_values() {
    let base = parse("", &Sources::default(), &registry()).unwrap();
    let other = parse("", &arguments(&["train.lr=1", "domain.name=charts"]), &registry()).unwrap();
    let found: Vec<_> = base.difference(&other).into_iter().map(|d| (d.path, d.a, d.b)).collect();
    assert!(found.contains(&("train.lr".into(), Some(json!(1e-3)), Some(json!(1.0)))));
    assert!(found.contains(&("domain.web.tasks".into(), Some(json!(100)), None)));
    assert!(found.contains(&("domain.charts.dpi".into(), None, Some(json!(100)))));
}
