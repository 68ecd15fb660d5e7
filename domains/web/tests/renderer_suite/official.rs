//! Pictures as the official evaluation takes them.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use galley_web::renderer::{OfficialShots, RendererOptions, blank, official_shots};

fn options() -> RendererOptions {
    RendererOptions { browsers: 1, tabs: 2, ..RendererOptions::default() }
}

#[test]
fn scripts_run_heights_are_those_of_the_screen_and_all_that_scrolls_is_shown() {
    let program = "<body style='margin:0'><div id=a style='height:50vh;width:1500px'></div><div style='height:900px;\
                   background:#00f'></div><script>a.style.background = '#f00'</script>";
    let picture = &official_shots(&[program], options()).unwrap()[0];
    assert_eq!((picture.width, picture.height), (1500, 1260));
    assert_eq!(picture.pixel(1400, 359), [255, 0, 0]);
    assert_eq!(picture.pixel(5, 1255), [0, 0, 255]);
}

#[test]
fn what_gives_no_picture_is_white() {
    let shots = OfficialShots::start(options()).unwrap();
    let endless = shots.shoot("<p>x</p><script>while(1);</script>", Duration::from_millis(700)).unwrap();
    assert!(endless.is_none());
    let white = blank();
    assert_eq!((white.width, white.height), (1280, 960));
    assert!(white.rgb.iter().all(|&byte| byte == 255));
    let after = shots.shoot("<body bgcolor=red>", Duration::from_secs(30)).unwrap().unwrap();
    assert_eq!((after.height, after.pixel(0, 0)), (720, [255, 0, 0]));
}

#[test]
fn pages_of_the_golden_data_come_out_as_playwright_shows_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/goldens/design2code");
    let Ok(entries) = fs::read_dir(&folder) else { return };
    let mut cases: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    cases.sort();
    let (mut programs, mut goldens) = (Vec::new(), Vec::new());
    for case in cases.iter().take(8) {
        for (page, png) in [("ref.html", "ref.png"), ("pred_preprocessed.html", "pred.png")] {
            let bytes = fs::read(case.join(page)).unwrap();
            programs.push(String::from_utf8_lossy(&bytes).into_owned());
            goldens.push(image::open(case.join(png)).unwrap().into_rgb8());
        }
    }
    let assets = BTreeMap::from([("rick.jpg".into(), fs::read(cases[0].join("rick.jpg")).unwrap())]);
    let programs: Vec<&str> = programs.iter().map(String::as_str).collect();
    let pictures = official_shots(&programs, RendererOptions { assets, ..options() }).unwrap();
    let mut unlike = Vec::new();
    for (number, (picture, golden)) in pictures.iter().zip(&goldens).enumerate() {
        if (picture.width, picture.height) != golden.dimensions() {
            unlike.push(format!(
                "{number}: {}x{}, not {:?}",
                picture.width,
                picture.height,
                golden.dimensions()
            ));
        } else {
            let far = picture.rgb.iter().zip(golden.as_raw()).filter(|(a, b)| a.abs_diff(**b) > 2).count();
            if far > 0 {
                unlike.push(format!("{number}: {far} bytes"));
            }
        }
    }
    eprintln!("{unlike:?}");
    // The stored pictures were made with the fonts of one machine; elsewhere all of them differ.
    assert!(unlike.len() <= 1 || unlike.len() > programs.len() / 2, "{unlike:?}");
}
