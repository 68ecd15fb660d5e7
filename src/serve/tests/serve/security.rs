//! What a hostile page, program or run can try, and that it gets nothing.

use std::{fs, net::SocketAddr};

use galley_store::{Edits, media_path};

use crate::{
    client::{folder, get, post, raw, serve},
    demo::{self, HOSTILE},
};

const SECRET: &str = "the-secret-beside-the-runs";

/// Runs with hostile texts everywhere, and a secret beside the folder that is served.
fn prepared() -> (tempfile::TempDir, SocketAddr, String) {
    let outer = folder();
    let runs = outer.path().join("runs");
    fs::write(outer.path().join("secret.txt"), SECRET).unwrap();
    let mut start = demo::start(HOSTILE, 1);
    start.tags.insert("note".into(), HOSTILE.into());
    start.environment.insert("command".into(), HOSTILE.into());
    start.recipe.push_str(&format!("hostile = {HOSTILE:?} # {HOSTILE}\n"));
    start.git_diff = Some(format!("+{HOSTILE}\n"));
    let id = demo::finished(&runs, start, 0.1);
    Edits::of(&runs.join(&id)).unwrap().note(HOSTILE).unwrap();
    demo::finished(&runs, demo::start(HOSTILE, 2), 0.5);
    let to = serve(runs);
    (outer, to, id)
}

#[test]
fn nothing_that_a_run_says_becomes_markup() {
    let (_outer, to, id) = prepared();
    let pages = [
        "/".to_owned(),
        "/?columns=tags.note&columns=metrics.loss".into(),
        "/?where=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E".into(),
        format!("/runs/{id}"),
        format!("/runs/{id}/samples"),
        format!("/runs/{id}/samples?stage=%3Cscript%3E&task=%22%3E%3Cscript%3E"),
        format!("/runs/{id}/samples/eval-visual-sdpo/1/tickets-07/0"),
        format!("/compare?run={id}"),
        "/compare?run=latest~1&run=latest".into(),
        "/compare?run=%3Cscript%3Ealert(1)%3C/script%3E".into(),
        "/experiments".into(),
        "/experiments/ladder".into(),
        "/experiments/%3Cscript%3E".into(),
        "/runs/%3Cscript%3Ealert(1)%3C%2Fscript%3E".into(),
        "/%3Cscript%3Ealert(1)%3C/script%3E".into(),
    ];
    for page in pages {
        let answer = get(to, &page);
        let text = answer.text();
        assert!(answer.status > 0 && text.contains("<!DOCTYPE html>"), "{page}: {}", answer.head);
        assert!(!text.contains("<script>") && !text.contains("<img src=x"), "{page}");
        assert!(!text.contains(" style=\"") || !text.contains("onerror=\""), "{page}");
        assert!(answer.head.contains("content-security-policy: default-src 'none'"), "{page}");
        assert!(answer.head.contains("x-content-type-options: nosniff"), "{page}");
        assert!(!text.contains("http://") || text.contains("http://www.w3.org"), "{page} names another host");
    }
    let report = galley_serve::run_report(&_outer.path().join("runs"), &id).unwrap();
    assert!(!report.contains("<img src=x") && report.matches("<script>").count() == 1);
    assert!(!report.contains("src=\"/") && !report.contains("href=\"/") && !report.contains("src=\"http"));
}

#[test]
fn other_hosts_and_other_sites_get_nothing() {
    let (_outer, to, id) = prepared();
    let own = format!("host: {to}");
    for host in ["evil.example", "evil.example:80", "127.0.0.1.nip.io", "localhost.evil.example"] {
        for path in
            ["/", "/style.css", "/version", "/api/2.0/mlflow/experiments/search", "/media/x", "/events"]
        {
            assert_eq!(raw(to, "GET", path, &[&format!("host: {host}")], b"").status, 403, "{host} {path}");
        }
    }
    assert_ne!(raw(to, "GET", "/", &[], b"").status, 200);
    let make = br#"{"name":"taken"}"#;
    let json = "content-type: application/json";
    for origin in [
        "origin: http://evil.example",
        "origin: null",
        "origin: http://localhost:1",
        "sec-fetch-site: cross-site",
    ] {
        let answer = raw(to, "POST", "/api/2.0/mlflow/experiments/create", &[&own, json, origin], make);
        assert_eq!(answer.status, 403, "{origin}");
        let path = format!("/api/2.0/mlflow-artifacts/artifacts/0/{id}/artifacts/x");
        assert_eq!(raw(to, "PUT", &path, &[&own, origin], b"x").status, 403, "{origin}");
        assert_eq!(raw(to, "OPTIONS", &path, &[&own, origin], b"").status, 403, "{origin}");
    }
    // A form that gets by without an `Origin` cannot send JSON.
    let form =
        raw(to, "POST", "/api/2.0/mlflow/experiments/create", &[&own, "content-type: text/plain"], make);
    assert_eq!(form.status, 400);
    assert!(!get(to, "/api/2.0/mlflow/experiments/search").text().contains("taken"));
    assert!(!get(to, "/").head.contains("access-control-allow"));
}

#[test]
fn no_path_leads_out_of_the_runs() {
    let (outer, to, id) = prepared();
    let ups = [
        "../",
        "..%2f",
        "%2e%2e/",
        "%2e%2e%2f",
        "%252e%252e%252f",
        "..%5c",
        "....//",
        "..%00/",
        "%c0%ae%c0%ae/",
    ];
    for up in ups {
        for depth in 1..6 {
            let to_secret = format!("{}secret.txt", up.repeat(depth));
            for path in [
                format!("/api/2.0/mlflow-artifacts/artifacts/{to_secret}"),
                format!("/api/2.0/mlflow-artifacts/artifacts/0/{id}/artifacts/{to_secret}"),
                format!("/api/2.0/mlflow-artifacts/artifacts?path={to_secret}"),
                format!("/get-artifact?run_id={id}&path={to_secret}"),
                format!("/api/2.0/mlflow/artifacts/list?run_id={id}&path={to_secret}"),
                format!("/media/{to_secret}"),
                format!("/runs/{to_secret}"),
                format!("/difference/{to_secret}/{to_secret}"),
            ] {
                let answer = get(to, &path);
                assert!(!answer.text().contains(SECRET), "{path}");
            }
            let put = format!("/api/2.0/mlflow-artifacts/artifacts/{}taken.txt", up.repeat(depth));
            raw(to, "PUT", &put, &[&format!("host: {to}")], b"taken");
        }
    }
    assert!(!outer.path().join("taken.txt").exists() && !outer.path().join("runs/taken.txt").exists());
    let absolute = format!("/get-artifact?run_id={id}&path=/etc/passwd");
    assert!(!get(to, &absolute).text().contains("root:"));
    // An experiment that claims to be elsewhere is not read from there.
    let made =
        post(to, "/api/2.0/mlflow/experiments/create", r#"{"name":"e","artifact_location":"file:///etc"}"#);
    assert_eq!(made.status, 200);
    let run = post(to, "/api/2.0/mlflow/runs/create", r#"{"experiment_id":"1"}"#).text();
    let run = run.split("\"run_id\":\"").nth(1).unwrap()[..26].to_owned();
    assert_eq!(get(to, &format!("/get-artifact?run_id={run}&path=passwd")).status, 400);
}

#[test]
fn what_was_uploaded_comes_back_as_a_download() {
    let (_outer, to, id) = prepared();
    for name in ["page.html", "x.svg", "a.xhtml", "run.js", "%0d%0aset-cookie:%20a=b.html"] {
        let path = format!("/api/2.0/mlflow-artifacts/artifacts/0/{id}/artifacts/{name}");
        assert_eq!(
            raw(to, "PUT", &path, &[&format!("host: {to}")], HOSTILE.as_bytes()).status,
            200,
            "{name}"
        );
        for path in [path, format!("/get-artifact?run_id={id}&path={name}")] {
            let answer = get(to, &path);
            assert_eq!(answer.text(), HOSTILE);
            for needed in ["content-disposition: attachment", "nosniff", "default-src 'none'; sandbox"] {
                assert!(answer.head.contains(needed), "{name}: {}", answer.head);
            }
            assert!(
                !answer.head.contains("text/html")
                    && !answer.head.contains("svg+xml")
                    && !answer.head.contains("\nset-cookie")
            );
        }
    }
}

#[test]
fn bombs_and_floods_are_refused() {
    let (outer, to, _) = prepared();
    let run = post(to, "/api/2.0/mlflow/runs/create", "{}").text();
    let run = run.split("\"run_id\":\"").nth(1).unwrap()[..26].to_owned();
    let batch = |part: &str, count: usize, entry: &str| {
        let entries: Vec<String> = (0..count).map(|index| entry.replace('#', &index.to_string())).collect();
        let answer = post(
            to,
            "/api/2.0/mlflow/runs/log-batch",
            &format!(r#"{{"run_id":"{run}","{part}":[{}]}}"#, entries.join(",")),
        );
        (answer.status, answer.text())
    };
    let metric = r#"{"key":"m#","value":1,"timestamp":1}"#;
    let pair = r#"{"key":"k#","value":"v"}"#;
    assert_eq!(batch("metrics", 1000, metric).0, 200);
    assert_eq!(batch("params", 100, pair).0, 200);
    for (part, count, entry) in [("metrics", 1001, metric), ("params", 101, pair), ("tags", 101, pair)] {
        let (status, text) = batch(part, count, entry);
        assert!(
            status == 400 && text.contains("INVALID_PARAMETER_VALUE") && text.contains("can contain at most"),
            "{text}"
        );
    }
    let (status, text) = batch("tags", 1, &format!(r#"{{"key":"k","value":"{}"}}"#, "x".repeat(1_000_000)));
    assert!(status == 400 && text.contains("must be at most 1000000 bytes"), "{text}");
    assert_eq!(post(to, "/api/2.0/mlflow/runs/log-batch", &"[".repeat(20 << 20)).status, 413);
    assert_eq!(post(to, "/api/2.0/mlflow/runs/log-batch", &"[".repeat(100_000)).status, 400);
    // Names that would be paths or markup elsewhere.
    for key in ["../x", "<b>", "a//b"] {
        assert_eq!(
            batch("metrics", 1, &format!(r#"{{"key":"{key}","value":1,"timestamp":1}}"#)).0,
            400,
            "{key}"
        );
    }
    // Compressed bodies are not unpacked.
    let packed =
        [b"host: 127.0.0.1".as_slice(), b"content-encoding: gzip", b"content-type: application/json"];
    let packed: Vec<&str> = packed.iter().map(|line| std::str::from_utf8(line).unwrap()).collect();
    assert_eq!(
        raw(to, "POST", "/api/2.0/mlflow/experiments/create", &packed, &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0])
            .status,
        400
    );
    // A picture of 57 bytes that claims 60,000 × 60,000 pixels.
    let hash = "ab".repeat(32);
    let path = media_path(&outer.path().join("runs"), &hash, "png");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\x02\0\0\0".to_vec();
    bomb.extend_from_slice(&crc(&bomb[12..29]).to_be_bytes());
    bomb.extend_from_slice(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xaeB`\x82");
    fs::write(&path, bomb).unwrap();
    assert_eq!(get(to, &format!("/difference/{hash}/{hash}")).status, 400);
    assert_eq!(get(to, "/health").text(), "OK");
}

/// CRC-32 as PNG has it.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}
