//! The server from outside: in a real browser, with the stock MLflow client, and as an attacker.

mod browser;
mod client;
mod demo;
mod mlflow;
mod security;
