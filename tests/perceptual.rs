//! CLIP and LPIPS against numbers that NumPy made for small networks of random weights; with the published weights, where
//! they lie in the cache folder (`galley fetch lpips`), against the goldens beside the repository.

use std::path::{Path, PathBuf};

use galley::perceptual::{Backbone, Clip, Lpips, Weights, cosine};
use galley_core::{Image, Similarity};
use serde_json::Value;

fn goldens(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(name)
}

fn expected(folder: &Path, file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join(file)).unwrap()).unwrap()
}

/// A picture of noise: the high bytes of a linear congruential generator.
fn noise(seed: u32, width: u32, height: u32) -> Image {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    Image::new(width, height, (0..width * height * 3).map(|_| next()).collect())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn a_small_clip_embeds_as_numpy_does() {
    let folder = goldens("clip-tiny");
    let clip = Clip::from_folder(&folder).unwrap();
    for row in expected(&folder, "expected.json")["rows"].as_array().unwrap() {
        let picture = noise(number(&row["seed"]) as u32, 32, 32);
        let found = clip.embed_rgb224(&picture.rgb).unwrap();
        let wanted: Vec<f64> = row["embedding"].as_array().unwrap().iter().map(number).collect();
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!((f64::from(*found) - wanted).abs() < 1e-4, "{found} is not {wanted}");
        }
        // The size is the network's: preparing the picture changes nothing.
        assert_eq!(clip.embed(&picture).unwrap(), found);
    }
    let (a, b) = (noise(1, 32, 32), noise(2, 50, 40));
    let apart = cosine(&clip.embed(&a).unwrap(), &clip.embed(&b).unwrap());
    assert!((-1.0..1.0).contains(&apart));
    assert_eq!(clip.similarity(&a, &a), 1.0);
    assert!(clip.embed_rgb224(&b.rgb).is_err());
}

#[test]
fn damaged_weights_are_an_error_that_names_the_tensor() {
    let folder = tempfile::tempdir().unwrap();
    let weights = goldens("clip-tiny").join("model.safetensors");
    std::fs::write(folder.path().join("config.json"), "{}").unwrap();
    std::fs::copy(weights, folder.path().join("model.safetensors")).unwrap();
    let error = Clip::from_folder(folder.path()).err().unwrap().to_string();
    assert!(error.contains("model.safetensors") && error.contains("has shape"), "{error}");
    let other = goldens("lpips-tiny").join("lpips-alex.safetensors");
    let error = Lpips::from_file(Backbone::Vgg, &other).err().unwrap().to_string();
    assert!(error.contains("`conv.5.weight` is missing"), "{error}");
}

#[test]
fn small_lpips_networks_measure_as_numpy_does() {
    let folder = goldens("lpips-tiny");
    let weights = Weights { lpips: folder.clone(), ..Weights::default() };
    let golden = expected(&folder, "expected.json");
    for backbone in Backbone::ALL {
        let lpips = Lpips::load(backbone, &weights).unwrap();
        let row = &golden["networks"][backbone.name()];
        let (width, height) = (number(&row["width"]) as u32, number(&row["height"]) as u32);
        let (a, b) = (noise(1, width, height), noise(2, width, height));
        let (found, wanted) = (lpips.distance(&a, &b).unwrap(), number(&row["distance"]));
        assert!((found - wanted).abs() < 1e-5 * wanted, "{}: {found} is not {wanted}", backbone.name());
        assert_eq!(lpips.similarity(&a, &a), 1.0);
        assert!(lpips.distance(&a, &noise(1, width, height + 16)).is_err());
    }
}

/// The published weights on the pictures of the measure package, and on all goldens where they lie beside the repository.
#[test]
fn the_published_lpips_weights_where_they_are() {
    let weights = Weights::default();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/measure/tests/goldens");
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/goldens/images");
    for backbone in Backbone::ALL.into_iter().filter(|backbone| weights.lpips_file(*backbone).is_file()) {
        let lpips = Lpips::load(backbone, &weights).unwrap();
        for folder in [&own, &shared].into_iter().filter(|folder| folder.join("golden.json").is_file()) {
            let golden = expected(folder, "golden.json");
            // VGG16 takes seconds a pair: those suffice that have a number at their own size too.
            let quick = |row: &Value| backbone == Backbone::Alex || row["lpips_vgg"].is_number();
            for (name, row) in golden["pairs"].as_object().unwrap().iter().filter(|(_, row)| quick(row)) {
                compare(&lpips, folder, name, row);
            }
        }
    }
}

fn compare(lpips: &Lpips, folder: &Path, name: &str, row: &Value) {
    let picture = |side: &str| {
        let rgb = image::open(folder.join(format!("{name}_{side}.png"))).unwrap().to_rgb8();
        Image::new(rgb.width(), rgb.height(), rgb.into_raw())
    };
    let (a, b) = (picture("pred"), picture("ref"));
    let key = lpips.name().replace('-', "_");
    let close = |found: f64, wanted: f64| {
        assert!((found - wanted).abs() <= 1e-4 * wanted.max(1e-6), "{name} {key}: {found} is not {wanted}");
    };
    close(lpips.distance_256(&a, &b).unwrap(), number(&row[format!("{key}_256_bilinear")]));
    // At their own size only small pictures, for the time it takes.
    if let (Some(wanted), true) = (row[&key].as_f64(), a.width * a.height < 100_000) {
        close(lpips.distance(&a, &b).unwrap(), wanted);
    }
}
