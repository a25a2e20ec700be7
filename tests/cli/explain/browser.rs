//! Chromium, driven by its WebDriver (<https://www.w3.org/TR/webdriver2/>): JSON over HTTP, on the loopback interface.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::tool::{Running, TIMEOUT};

/// The keys that are pressed (WebDriver §15.4.2).
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
pub const ESCAPE: &str = "\u{e00c}";
pub const HOME: &str = "\u{e011}";
pub const UP: &str = "\u{e013}";
pub const DOWN: &str = "\u{e015}";

/// What keeps Chromium from speaking to anyone but this test.
const SWITCHES: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// Between two looks at what the browser does when it comes to it.
const PAUSE: Duration = Duration::from_millis(5);

/// A browser that runs. Dropped, it is ended.
pub struct Browser {
    port: u16,
    session: String,
    _driver: Running,
    _profile: TempDir,
}

impl Browser {
    /// `None` if it is not installed.
    pub fn start() -> Option<Self> {
        let is_there = |program: &str| Command::new(program).arg("--version").output().is_ok();
        if !is_there("chromium") || !is_there("chromedriver") {
            assert!(std::env::var_os("CI").is_none(), "chromium and chromedriver must be there");
            eprintln!("skipped: chromium is not installed (Debian: apt install chromium chromium-driver)");
            return None;
        }
        let driver = Running::start(Command::new("chromedriver").arg("--port=0"));
        let port = loop {
            let line = driver.stdout_line();
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').parse().unwrap();
            }
        };
        let profile = tempfile::tempdir().unwrap();
        let mut switches = SWITCHES.map(str::to_owned).to_vec();
        switches.push(format!("--user-data-dir={}", profile.path().display()));
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "binary": "/usr/bin/chromium", "args": switches },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        let mut browser = Self { port, session: String::new(), _driver: driver, _profile: profile };
        let session = browser.request("POST", "/session", &capabilities);
        browser.session = session["sessionId"].as_str().unwrap().to_owned();
        // It begins with a page of its own, which requests much.
        browser.command("url", &json!({ "url": "about:blank" }));
        browser.requests_so_far();
        Some(browser)
    }

    /// Opens a page, and waits until it is complete.
    pub fn open(&self, page: &Path) {
        self.command("url", &json!({ "url": url(page) }));
    }

    /// Presses a key.
    pub fn press(&self, key: &str) {
        let actions = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.command("actions", &json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }));
    }

    /// Moves the pointer over the first element of a selector.
    pub fn point_at(&self, selector: &str) {
        let element = self.command("element", &json!({ "using": "css selector", "value": selector }));
        let to = json!([{ "type": "pointerMove", "origin": element, "x": 0, "y": 0, "duration": 0 }]);
        self.command("actions", &json!({ "actions": [{ "type": "pointer", "id": "mouse", "actions": to }] }));
    }

    /// The value of an expression in JavaScript.
    pub fn value(&self, expression: &str) -> Value {
        self.command("execute/sync", &json!({ "script": format!("return {expression};"), "args": [] }))
    }

    /// Waits until an expression is true: the browser is told of what it shows on, and applies it when it comes to it.
    pub fn wait_for(&self, expression: &str) {
        let deadline = Instant::now() + TIMEOUT;
        while self.value(expression) != true {
            assert!(Instant::now() < deadline, "{expression}");
            thread::sleep(PAUSE);
        }
    }

    /// The text that an expression has.
    pub fn text(&self, expression: &str) -> String {
        let value = self.value(expression);
        value.as_str().unwrap_or_else(|| panic!("{expression}: {value}")).to_owned()
    }

    /// A command of the DevTools.
    pub fn devtools(&self, command: &str, parameters: &Value) {
        self.command("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }));
    }

    /// What was written to the console since the last time.
    pub fn console(&self) -> Vec<Value> {
        self.command("se/log", &json!({ "type": "browser" })).as_array().unwrap().clone()
    }

    /// Waits until a message with these words is in the console; those before it are read, too.
    pub fn wait_for_message(&self, words: &str) {
        let has_words = |entry: &Value| entry["message"].as_str().unwrap().contains(words);
        let deadline = Instant::now() + TIMEOUT;
        while !self.console().iter().any(has_words) {
            assert!(Instant::now() < deadline, "no message has \"{words}\" in it");
            thread::sleep(PAUSE);
        }
    }

    /// What was requested since the last time, once this URL has been.
    pub fn requests(&self, url: &str) -> Vec<String> {
        let mut requests = Vec::new();
        let deadline = Instant::now() + TIMEOUT;
        loop {
            requests.extend(self.requests_so_far());
            if requests.iter().any(|requested| requested == url) {
                return requests;
            }
            assert!(Instant::now() < deadline, "{url} is not requested, only {requests:?}");
            thread::sleep(PAUSE);
        }
    }

    /// What was requested since the last time, but for what the browser's own start page requests, perhaps late.
    fn requests_so_far(&self) -> Vec<String> {
        let log = self.command("se/log", &json!({ "type": "performance" }));
        let messages = log.as_array().unwrap().iter().map(|entry| {
            let message: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            message["message"].clone()
        });
        let sent = messages.filter(|message| message["method"] == "Network.requestWillBeSent");
        let by_a_page =
            sent.filter(|message| !message["params"]["documentURL"].as_str().unwrap().starts_with("chrome://"));
        by_a_page.map(|message| message["params"]["request"]["url"].as_str().unwrap().to_owned()).collect()
    }

    fn command(&self, command: &str, parameters: &Value) -> Value {
        self.request("POST", &format!("/session/{}/{command}", self.session), parameters)
    }

    #[track_caller]
    fn request(&self, method: &str, path: &str, parameters: &Value) -> Value {
        let (status, answer) = self.exchange(method, path, parameters).unwrap();
        assert!(status.contains(" 200 "), "{method} {path} {parameters}: {answer}");
        serde_json::from_str::<Value>(&answer).unwrap()["value"].clone()
    }

    /// The status line, and the body.
    fn exchange(&self, method: &str, path: &str, parameters: &Value) -> std::io::Result<(String, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let body = parameters.to_string();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes())?;
        let mut answer = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && answer.read_line(&mut head)? > 0 {}
        // The driver keeps the connection open.
        let len = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        let mut body = vec![0; len.unwrap_or_default()];
        answer.read_exact(&mut body)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok((head.lines().next().unwrap_or_default().to_owned(), body))
    }
}

impl Drop for Browser {
    /// Ends the browser; its driver is ended as it is dropped.
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let _ = self.exchange("DELETE", &format!("/session/{}", self.session), &json!({}));
        }
    }
}

/// The address of a page in a file.
pub fn url(page: &Path) -> String {
    format!("file://{}", page.display())
}
