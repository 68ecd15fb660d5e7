//! Who may ask, and what a browser may do with an answer.
//!
//! The server listens on the loopback interface, but any page in the user's browser can send requests there, and a
//! foreign name can be made to resolve to 127.0.0.1 (DNS rebinding). Therefore the `Host` must be a loopback name, an
//! `Origin` must be this very server, and subresource requests of other sites are refused.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Pages load from here alone, run no inline script, and are shown in no frame.
const POLICY: &str = "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) async fn guard(request: Request, next: Next) -> Response {
    if let Err(reason) = allowed(request.method(), request.headers()) {
        return (StatusCode::FORBIDDEN, reason).into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    // An artifact brings a stricter one of its own.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    response
}

fn allowed(method: &Method, headers: &HeaderMap) -> Result<(), &'static str> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !is_loopback(host) || headers.get_all(header::HOST).iter().count() > 1 {
        return Err("this server answers to localhost alone");
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    if origins.any(|origin| origin.to_str().ok() != Some(format!("http://{host}").as_str())) {
        return Err("requests of other sites are refused");
    }
    let fetch = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // `none` is an address that the user typed; a link from elsewhere may be followed, nothing may be embedded or sent.
    let foreign = matches!(fetch("sec-fetch-site"), "cross-site" | "same-site");
    let followed = fetch("sec-fetch-mode") == "navigate" && method == Method::GET;
    if foreign && !followed {
        return Err("requests of other sites are refused");
    }
    Ok(())
}

/// Whether `host` is a loopback name, with any port (a tunnel may change it).
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(method: Method, headers: &[(&'static str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        allowed(&method, &map).is_ok()
    }

    #[test]
    fn only_loopback_names_and_the_own_origin_pass() {
        let host = ("host", "127.0.0.1:8642");
        assert!(verdict(Method::POST, &[host]));
        assert!(verdict(Method::POST, &[host, ("origin", "http://127.0.0.1:8642")]));
        assert!(verdict(Method::GET, &[("host", "LocalHost:9000"), ("sec-fetch-site", "none")]));
        let linked = [host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert!(verdict(Method::GET, &linked) && !verdict(Method::POST, &linked));
        for foreign in
            ["evil.example", "127.0.0.1.evil.example", "evil.example:8642", "", "127.0.0.1@evil", "[::2]"]
        {
            assert!(!verdict(Method::GET, &[("host", foreign)]), "{foreign}");
        }
        for origin in [
            "null",
            "http://evil.example",
            "https://127.0.0.1:8642",
            "http://127.0.0.1:1",
            "http://localhost:8642",
        ] {
            assert!(!verdict(Method::POST, &[host, ("origin", origin)]), "{origin}");
        }
        assert!(!verdict(Method::GET, &[host, ("host", "evil.example")]));
        assert!(!verdict(
            Method::GET,
            &[host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]
        ));
    }
}
