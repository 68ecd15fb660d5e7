//! The chat protocol of OpenAI, as many servers speak it: `POST <endpoint>/chat/completions`.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use galley_core::{DomainError, Endpoint, Image, Judge, Part};
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use serde_json::{Value, json};

use super::Answers;

/// For one answer.
const PATIENCE: Duration = Duration::from_secs(180);

/// Tokens of one answer.
const MOST_TOKENS: u32 = 1024;

/// Waits before each further try of a request that the server could not take now.
const WAITS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(15)];

/// One model behind one address.
#[derive(Debug)]
pub struct Chat {
    endpoint: Endpoint,
    key: Option<String>,
    answers: Answers,
    waits: Vec<Duration>,
}

impl Chat {
    /// Reads the key; asks nothing.
    ///
    /// # Errors
    /// `Setup` for an address without `http`, or a variable that is not set.
    pub fn new(endpoint: &Endpoint, answers: Answers) -> Result<Self, DomainError> {
        if !endpoint.endpoint.starts_with("http") {
            return Err(DomainError::setup(
                format!("the judge's endpoint `{}` is no address", endpoint.endpoint),
                "it has the form https://host/v1",
            ));
        }
        let key = endpoint.api_key_env.as_deref().map(key).transpose()?;
        Ok(Self { endpoint: endpoint.clone(), key, answers, waits: WAITS.into() })
    }

    fn address(&self) -> String {
        format!("{}/chat/completions", self.endpoint.endpoint.trim_end_matches('/'))
    }

    fn request(&self, question: &[Part]) -> Result<Value, DomainError> {
        let content: Vec<Value> = question.iter().map(part).collect::<Result<_, _>>()?;
        Ok(json!({
            "model": self.endpoint.model,
            "messages": [{ "role": "user", "content": content }],
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
        }))
    }

    fn ask(&self, request: &Value) -> Result<String, DomainError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| self.fault(&error))?;
        runtime.block_on(async {
            let client =
                reqwest::Client::builder().timeout(PATIENCE).build().map_err(|error| self.fault(&error))?;
            let mut waits = self.waits.iter();
            loop {
                match (self.post(&client, request).await?, waits.next()) {
                    (Reply::Said(answer), _) => return Ok(answer),
                    (Reply::Later(_), Some(wait)) => tokio::time::sleep(*wait).await,
                    (Reply::Later(why), None) => return Err(self.fault(&why)),
                }
            }
        })
    }

    async fn post(&self, client: &reqwest::Client, request: &Value) -> Result<Reply, DomainError> {
        let mut post =
            client.post(self.address()).header("content-type", "application/json").body(request.to_string());
        if let Some(key) = &self.key {
            post = post.bearer_auth(key);
        }
        let response = match post.send().await {
            Ok(response) => response,
            Err(error) => return Ok(Reply::Later(causes(&error))),
        };
        let status = response.status();
        let body = match response.text().await {
            Ok(body) => body,
            Err(error) => return Ok(Reply::Later(causes(&error))),
        };
        if status.is_success() {
            return Ok(Reply::Said(
                content(&body).ok_or_else(|| self.fault(&format!("no answer in {body:.300}")))?,
            ));
        }
        let why = format!("{status}: {}", refusal(&body));
        if status.is_server_error() || status.as_u16() == 429 {
            return Ok(Reply::Later(why));
        }
        let help = "compare endpoint, model and api-key-env with what the server knows";
        Err(DomainError::setup(
            format!("the judge {} at {} says {why}", self.endpoint.model, self.address()),
            help,
        ))
    }

    fn fault(&self, why: &dyn std::fmt::Display) -> DomainError {
        DomainError::harness(
            format!("the judge {}", self.endpoint.model),
            format!("{}: {why}", self.address()),
        )
    }
}

impl Judge for Chat {
    fn name(&self) -> &str {
        &self.endpoint.model
    }

    fn answer(&self, question: &[Part]) -> Result<String, DomainError> {
        let request = self.request(question)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.address().as_bytes()).update(&[0]).update(request.to_string().as_bytes());
        let key = hasher.finalize().to_hex().to_string();
        if let Some(known) = self.answers.read(&key) {
            return Ok(known);
        }
        let answer = self.ask(&request)?;
        if let Err(error) = self.answers.write(&key, &answer) {
            tracing::warn!(%error, "answers of the judge cannot be kept");
        }
        Ok(answer)
    }
}

/// What came back.
enum Reply {
    Said(String),
    /// Nothing now; why.
    Later(String),
}

#[expect(
    clippy::disallowed_methods,
    reason = "a key is the user's secret: it stands in no recipe and in no run"
)]
fn key(variable: &str) -> Result<String, DomainError> {
    std::env::var(variable).ok().filter(|key| !key.is_empty()).ok_or_else(|| {
        DomainError::setup(
            format!("the environment variable {variable} is not set"),
            "it holds the judge's key",
        )
    })
}

fn part(part: &Part) -> Result<Value, DomainError> {
    Ok(match part {
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Image(image) => {
            let url = format!("data:image/png;base64,{}", STANDARD.encode(png(image)?));
            json!({ "type": "image_url", "image_url": { "url": url } })
        }
    })
}

fn png(image: &Image) -> Result<Vec<u8>, DomainError> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new(&mut bytes);
    let written = encoder.write_image(&image.rgb, image.width, image.height, ExtendedColorType::Rgb8);
    written.map_err(|error| DomainError::harness("png", error))?;
    Ok(bytes)
}

/// The first choice's text; some servers give it in parts.
fn content(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let content = &body["choices"][0]["message"]["content"];
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => Some(parts.iter().filter_map(|part| part["text"].as_str()).collect()),
        _ => None,
    }
}

/// What a server says when it refuses.
fn refusal(body: &str) -> String {
    let said = serde_json::from_str::<Value>(body).ok();
    let said = said.and_then(|body| body["error"]["message"].as_str().map(str::to_owned));
    said.unwrap_or_else(|| body.chars().take(300).collect())
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Read},
        net::TcpListener,
        sync::{Arc, Mutex},
    };

    use super::*;

    /// A server on this machine that gives one reply after the other, and what it was asked: heads and bodies.
    fn server(replies: Vec<(u16, &'static str)>) -> (String, Arc<Mutex<Vec<(String, Value)>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        std::thread::spawn(move || {
            for ((status, body), stream) in replies.into_iter().zip(listener.incoming().flatten()) {
                let mut reader = BufReader::new(stream);
                let (mut head, mut line) = (String::new(), String::new());
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    head += &std::mem::take(&mut line).to_lowercase();
                }
                let length =
                    head.split("content-length: ").nth(1).unwrap().split_whitespace().next().unwrap();
                let mut question = vec![0; length.parse().unwrap()];
                reader.read_exact(&mut question).unwrap();
                log.lock().unwrap().push((head, serde_json::from_slice(&question).unwrap()));
                let length = body.len();
                let reply = format!(
                    "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                );
                std::io::Write::write_all(reader.get_mut(), reply.as_bytes()).unwrap();
            }
        });
        (address, asked)
    }

    const SAID: &str =
        r#"{"choices": [{"index": 0, "message": {"role": "assistant", "content": "Score: 80"}}]}"#;

    fn chat(address: &str, folder: &std::path::Path) -> Chat {
        let endpoint = Endpoint { endpoint: address.into(), model: "eyes".into(), api_key_env: None };
        let chat = Chat::new(&endpoint, Answers::new(folder.into())).unwrap();
        Chat { key: Some("secret".into()), waits: vec![Duration::ZERO], ..chat }
    }

    fn question() -> Vec<Part> {
        vec![Part::Text("alike?".into()), Part::Image(Arc::new(Image::filled(2, 1, [255, 0, 0])))]
    }

    #[test]
    fn a_question_is_asked_once_in_the_words_of_the_protocol() {
        let (address, asked) = server(vec![(500, "busy"), (200, SAID)]);
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(chat(&address, folder.path()).answer(&question()).unwrap(), "Score: 80");
        // The server is gone; the answer is known.
        assert_eq!(chat(&address, folder.path()).answer(&question()).unwrap(), "Score: 80");
        let asked = asked.lock().unwrap();
        assert_eq!(asked.len(), 2, "the first time it was busy");
        let (head, body) = &asked[1];
        assert!(
            head.starts_with("post /v1/chat/completions") && head.contains("authorization: bearer secret"),
            "{head}"
        );
        assert_eq!((&body["model"], &body["temperature"]), (&json!("eyes"), &json!(0)));
        let content = &body["messages"][0]["content"];
        assert_eq!(content[0], json!({"type": "text", "text": "alike?"}));
        let url = content[1]["image_url"]["url"].as_str().unwrap();
        let png = STANDARD.decode(url.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
        assert_eq!(image::load_from_memory(&png).unwrap().to_rgb8().into_raw(), [255, 0, 0, 255, 0, 0]);
    }

    #[test]
    fn who_refuses_and_who_is_silent_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let refused = r#"{"error": {"message": "no such key"}}"#;
        let (address, _) = server(vec![(401, refused), (200, "{}"), (503, "later"), (503, "later")]);
        let chat = chat(&address, folder.path());
        let error = || chat.answer(&question()).unwrap_err();
        assert!(matches!(error(), DomainError::Setup { message, .. } if message.contains("no such key")));
        assert!(error().to_string().contains("no answer in {}"));
        assert!(matches!(error(), DomainError::Harness { message, .. } if message.contains("later")));
        assert!(matches!(error(), DomainError::Harness { .. }), "nobody listens any more");
        let named =
            Endpoint { endpoint: address, model: "m".into(), api_key_env: Some("GALLEY_NO_SUCH_KEY".into()) };
        let error = Chat::new(&named, Answers::new(folder.path().into())).unwrap_err();
        assert!(error.to_string().contains("GALLEY_NO_SUCH_KEY"));
    }
}
