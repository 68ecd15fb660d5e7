//! Nothing gets in, nothing gets out, nothing stays.

use std::time::Duration;

use crate::common::{PATIENCE, named, pixel, render, small};
use galley_core::FaultKind;
use galley_core::Renderer;
use galley_web::renderer::{RendererOptions, Scripts};

/// Black text on grey; what any trace of another page would change.
const PROBE: &str = "<!doctype html><body style='background:#ccc;margin:0'><p style='margin:0'>probe <a href='x'>link</a> <button>b</button></p><div style='height:900px'></div>";

const NASTY: &[&str] = &[
    "<body style='background:#ccc'><script>document.body.style.background='red';var leak=1;setInterval(()=>document.body.innerHTML='LEAK',1)</script><p>x",
    "<body onload='while(1);' style='background:#ccc'>x<script>while(1);</script><img src=x onerror='while(1);'>",
    "<script>alert(1);confirm(2);prompt(3);window.open('about:blank');print()</script><p>x",
    "<meta http-equiv='Content-Security-Policy' content=\"style-src 'none'\"><p>x",
    "<meta name='color-scheme' content='dark'><p>x",
    "<meta http-equiv='refresh' content='0;url=http://example.com/'><p>x",
    "<meta http-equiv=\"REFRESH\" content=\"0;url=data:text/html,LEAK\"><p>x",
    "<base href='http://example.com/' target='_blank'><p>x",
    "<div style='height:4000px'></div><input autofocus><p>x",
    "<style>@font-face{font-family:serif;src:local('DejaVu Sans')} *{font-family:monospace!important}</style><p>x",
    "<html dir=rtl lang=ar><body dir=rtl style='zoom:3'><p>x",
    "<iframe srcdoc='<body style=background:red><script>parent.document.body.innerHTML=1</script>'></iframe>",
    "<iframe src='data:application/zip;base64,AAAA'></iframe><iframe src='javascript:parent.x=1'></iframe><p>x",
    "<marquee>m</marquee><style>@keyframes k{to{transform:rotate(1turn)}} p{animation:k 1s infinite}</style><p>x",
    "<dialog open>d</dialog><details open><summary>s</summary>t</details><video autoplay controls></video>",
    "<svg onload='alert(1)' width=20 height=20><animate attributeName='width' to='90' dur='1s' repeatCount='indefinite'/><script>alert(1)</script><foreignObject width=9 height=9><p>x</p></foreignObject></svg>",
    "<template shadowrootmode=open><p>x</p></template><p>y",
    "<form action='http://example.com' id=f><input name=a required><button form=f>go</button></form>",
    "<link rel=stylesheet href='http://example.com/a.css'><link rel=prefetch href='http://example.com'><p>x",
    "<object data='data:text/html,hi'></object><embed src='data:text/html,hi'><p>x",
];

#[test]
fn no_page_marks_the_next() {
    let single = small(RendererOptions { browsers: 1, tabs: 1, ..RendererOptions::default() });
    let clean = single.render(PROBE, PATIENCE).unwrap();
    assert!(clean.ok());
    for nasty in NASTY {
        let first = single.render(nasty, PATIENCE).unwrap();
        let again = single.render(nasty, PATIENCE).unwrap();
        assert!(first == again, "not the same twice: {nasty}");
        std::thread::sleep(Duration::from_millis(30));
        assert!(single.render(PROBE, PATIENCE).unwrap() == clean, "changed the next page: {nasty}");
    }
}

#[test]
fn scripts_do_not_run() {
    let shown = render(
        "<body style='background:#ccc'><p>before</p><script>document.body.style.background='red'</script><noscript>off</noscript>",
    );
    assert_eq!(pixel(&shown, 150, 120), [0xcc; 3]);
    assert!(named(&shown, "noscript").is_empty());
}

/// Traces that a script can leave, and what finds them.
const TRACE: &str = "<p id=p>x</p><script>var leak = 1; const LEAK = 2; window.name = 'leak'; history.pushState(1, '', '#leak');\
    try { localStorage.leak = 1 } catch (e) {} setInterval(() => { document.body.style.background = '#f00' }, 1);\
    try { new BroadcastChannel('leak').onmessage = (e) => e.source } catch (e) {}\
    document.body.style.background = '#ccc'; Object.prototype.leak = 1</script>";
const TRACKER: &str = "<body style='margin:0;background:#0f0'><script>const found = [typeof leak, typeof LEAK, window.name,\
    location.hash, {}.leak, (() => { try { return localStorage.leak } catch (e) {} })()].join();\
    if (found !== 'undefined,undefined,,,,') { document.body.style.background = '#f00'; document.title = found }\
    </script><i id=i>x</i><script>i.textContent = found + history.length</script>";

#[test]
fn scripts_leave_nothing_to_the_next_page() {
    let options =
        RendererOptions { browsers: 1, tabs: 1, scripts: Scripts::Sandbox, ..RendererOptions::default() };
    let single = small(options);
    let clean = single.render(TRACKER, PATIENCE).unwrap();
    assert_eq!(pixel(&clean, 150, 120), [0, 255, 0], "{:?}", named(&clean, "i"));
    for _ in 0..3 {
        assert!(single.render(TRACE, PATIENCE).unwrap().ok());
        std::thread::sleep(Duration::from_millis(20));
        assert!(single.render(TRACKER, PATIENCE).unwrap() == clean);
        assert_eq!(pixel(&single.render("<body bgcolor=blue>", PATIENCE).unwrap(), 9, 9), [0, 0, 255]);
    }
}

#[test]
fn scripts_neither_hang_nor_flee_nor_ask() {
    let options =
        RendererOptions { browsers: 1, tabs: 1, scripts: Scripts::Sandbox, ..RendererOptions::default() };
    let single = small(options);
    let after = "<p>x<script>alert(1);confirm(2);prompt(3);open('about:blank');document.body.style.background='#00f'</script>";
    assert_eq!(pixel(&single.render(after, PATIENCE).unwrap(), 9, 9), [0, 0, 255]);
    let endless = single.render("<p>x<script>while(1);</script>", Duration::from_millis(900)).unwrap();
    assert_eq!(endless.faults[0].kind, FaultKind::Limit);
    let made = "<p>x<script>const d = document.createElement('div'); d.textContent = 'made'; document.body.append(d)</script>";
    let render = single.render(made, PATIENCE).unwrap();
    let div = named(&render, "div")[0];
    let maker = "const d = document.createElement('div');";
    assert_eq!((div.span.unwrap().slice(made), div.style["source"].as_str()), (Some(maker), "statement"));
    single.render("<p>x<script>location.href = 'about:blank'</script>", PATIENCE).unwrap();
    assert_eq!(pixel(&single.render(after, PATIENCE).unwrap(), 9, 9), [0, 0, 255]);
}

#[test]
fn files_and_networks_cannot_be_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret.png");
    image::RgbImage::from_pixel(50, 50, image::Rgb([1, 255, 1])).save(&path).unwrap();
    for source in
        [format!("file://{}", path.display()), path.display().to_string(), "http://127.0.0.1:1/x.png".into()]
    {
        let program = format!(
            "<body style='margin:0;background:#ccc url({source})'><img src='{source}' width=50 height=50><iframe src='{source}'></iframe>\
             <object data='{source}'></object><link rel=stylesheet href='{source}'>"
        );
        let shown = render(&program);
        let green = shown.image.as_ref().unwrap().rgb.chunks(3).filter(|pixel| *pixel == [1, 255, 1]).count();
        assert_eq!(green, 0, "{source}");
        assert_eq!(named(&shown, "img")[0].style["src"], "broken");
    }
}

#[test]
fn a_page_that_never_ends_is_a_limit_and_others_go_on() {
    let bomb = {
        let mut css = String::from("<style>");
        for level in 0..12 {
            css.push_str(&format!(
                ".a{level} ~ * ~ * ~ * ~ * .b{level}{{color:red}} :has(.a{level} * * ~ *){{color:red}}"
            ));
        }
        format!("{css}</style>{}", "<div class='a1 b1'>".repeat(30_000) + &"</div>".repeat(30_000))
    };
    let renderer = small(RendererOptions { browsers: 1, tabs: 2, ..RendererOptions::default() });
    std::thread::scope(|scope| {
        let hung = scope.spawn(|| renderer.render(&bomb, Duration::from_millis(1500)).unwrap());
        for round in 0..50 {
            assert!(renderer.render(&format!("<p>round {round}"), PATIENCE).unwrap().ok());
        }
        let faults = hung.join().unwrap().faults;
        assert!(faults.iter().all(|fault| fault.kind == FaultKind::Limit), "{faults:?}");
    });
    assert!(renderer.render("<p>after", PATIENCE).unwrap().ok());
}
