//! `tls12 explain --html`: the page, as text and in Chromium.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, DnType, DnValue, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::browser::{Browser, DOWN, ENTER, ESCAPE, HOME, TAB, UP, url};
use super::{FAILED, captures, explain};

const GCM: [&str; 5] = ["gcm.pcap", "--keylog", "gcm.keys", "--ca", "ca.pem"];

/// Draws a page, in a folder of its own.
#[track_caller]
fn draw(args: &[&str]) -> (TempDir, PathBuf, String) {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("page.html");
    let output = explain(&[args, &["--html", page.to_str().unwrap()]].concat());
    assert!(matches!(output.status.code(), Some(0 | FAILED)) && output.stderr.is_empty(), "{args:?}: {output:?}");
    let html = fs::read_to_string(&page).unwrap();
    (dir, page, html)
}

/// The words of a line of `gcm.keys`: the client random and the master secret.
fn secrets() -> [String; 2] {
    let log = fs::read_to_string(captures().join("gcm.keys")).unwrap();
    let line = log.lines().find_map(|line| line.strip_prefix("CLIENT_RANDOM ")).unwrap();
    let (random, master) = line.split_once(' ').unwrap();
    [random, master.trim()].map(str::to_ascii_lowercase)
}

/// The page opens, its fields light up by keyboard and pointer, nothing is fetched, and the console has no message.
#[test]
fn the_page_works_in_a_browser() {
    let Some(browser) = Browser::start() else { return };
    let (dir, page, _) = draw(&GCM);
    browser.open(&page);
    assert_eq!(browser.value("document.querySelectorAll('.m').length"), 17);
    assert_eq!(browser.value("document.querySelectorAll('details[open]').length"), 0);

    // By the keyboard to the first message, and into it.
    let focused = || browser.text("document.activeElement.innerText");
    for _ in 0..3 {
        if !browser.text("document.activeElement.tagName").eq_ignore_ascii_case("summary") {
            browser.press(TAB);
        }
    }
    assert!(focused().contains("ClientHello"), "{}", focused());
    browser.press(ENTER);
    assert_eq!(browser.value("document.querySelectorAll('details[open]').length"), 1);
    // The header of the record (RFC 5246 §6.2.1): handshake is 22, and a ClientHello comes with the version of TLS 1.0 (§E.1).
    let lit = || browser.text("[...document.querySelectorAll('code b.on')].map(part => part.innerText).join(' ')");
    browser.press(TAB);
    let words = browser.text("document.getElementById('lit').innerText");
    for part in ["type", "handshake", "1 byte", "RFC 5246 §6.2.1"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert_eq!(lit(), "16");
    browser.press(DOWN);
    assert_eq!(lit(), "03 01");
    browser.press(UP);
    assert_eq!(lit(), "16");
    // To the next message of the panel and its random, which is that of the key log.
    let mut steps = 0;
    while !focused().starts_with("random") {
        browser.press(DOWN);
        steps += 1;
        assert!(steps < 20, "there is no random: {}", focused());
    }
    assert_eq!(lit().replace(' ', ""), secrets()[0]);
    while !focused().starts_with("cipher_suites") {
        browser.press(DOWN);
        steps += 1;
        assert!(steps < 20, "there are no suites: {}", focused());
    }
    // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (RFC 5289 §3.2), TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 §3.3).
    assert_eq!(lit(), "c0 2f 00 ff");
    browser.press(DOWN);
    assert_eq!(lit(), "c0 2f");
    assert!(focused().contains("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), "{}", focused());
    browser.press(HOME);
    assert_eq!(lit(), "16");
    browser.press(ESCAPE);
    assert_eq!(browser.value("document.querySelectorAll('details[open]').length"), 0);
    assert!(focused().contains("ClientHello") && browser.value("document.getElementById('lit').hidden") == true);

    // By the pointer: over the bytes of a field.
    browser.press(ENTER);
    browser.point_at(".block:nth-of-type(2) code b[data-f='6']");
    assert_eq!(lit().replace(' ', ""), secrets()[0]);
    assert!(browser.text("document.querySelector('li.on').innerText").starts_with("random"));

    assert_eq!(browser.console(), Vec::<Value>::new());
    let page_url = url(&page);
    assert_eq!(browser.requests(&page_url), [page_url]);
    fetches_are_seen_and_prevented(&browser, &dir, &page);
}

/// The controls: another page is seen to fetch something and to run a script. In ours, the policy refuses the same markup.
fn fetches_are_seen_and_prevented(browser: &Browser, dir: &TempDir, page: &Path) {
    let other = dir.path().join("other.html");
    let without_policy = "<body><main>".to_owned();
    let ours = fs::read_to_string(page).unwrap();
    for (html, is_fetched) in [(without_policy, true), (ours, false)] {
        // Each has its own, because a browser may connect more than once.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let from = format!("http://{}/", listener.local_addr().unwrap());
        let foreign = format!(
            "<main><img src=\"{from}\"><script>document.title = 'owned'</script><style>body {{ color: red }}</style>"
        );
        fs::write(&other, html.replacen("<main>", &foreign, 1)).unwrap();
        std::thread::scope(|scope| {
            let answering = is_fetched.then(|| scope.spawn(|| answer_once(&listener)));
            browser.open(&other);
            answering.into_iter().for_each(|answering| answering.join().unwrap());
        });
        browser.requests(&from);
        assert_eq!(browser.text("document.title") == "owned", is_fetched);
        let refusal = "Content Security Policy";
        if is_fetched {
            let is_refused = |entry: &Value| entry["message"].as_str().unwrap().contains(refusal);
            assert!(!browser.console().iter().any(is_refused));
        } else {
            browser.wait_for_message(refusal);
            assert!(listener.accept().is_err(), "the policy of the page does not prevent it");
        }
    }
}

/// Accepts one connection, and closes it.
fn answer_once(listener: &TcpListener) {
    let deadline = std::time::Instant::now() + crate::tool::TIMEOUT;
    while listener.accept().is_err() {
        assert!(std::time::Instant::now() < deadline, "nobody fetches");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// WCAG 2.2 §1.4.3: text has a contrast of 4.5 to 1 with what is behind it.
const CONTRAST: &str = "(() => {
    const light = (color) => {
        const [r, g, b] = color.match(/[\\d.]+/g).map(Number);
        const [x, y, z] = [r, g, b].map((c) => c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const color = getComputedStyle(e).backgroundColor;
            if (color.startsWith('rgb(')) return color;
        }
        return 'rgb(255, 255, 255)';
    };
    const faint = [];
    for (const element of document.querySelectorAll('main *, header *, footer *, #lit *')) {
        const has_text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
        if (!has_text || element.closest('svg')) continue;
        const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => b - a);
        const opacity = getComputedStyle(element).opacity;
        if ((a + 0.05) / (b + 0.05) < 4.5 || opacity !== '1') faint.push(element.outerHTML.slice(0, 80));
    }
    return faint;
})()";

/// Light and dark, on a screen of 400 pixels, and on paper.
#[test]
fn the_page_can_be_read_anywhere() {
    let Some(browser) = Browser::start() else { return };
    let pages: [&[&str]; 3] = [&GCM, &["client_certificate.pcap"], &["untrusted_server.pcap"]];
    for args in pages {
        let (_dir, page, _) = draw(args);
        browser.open(&page);
        browser.value("document.getElementById('all').click()");
        assert_eq!(browser.value("document.querySelectorAll('details:not([open])').length"), 0);
        let mut backs = Vec::new();
        for scheme in ["light", "dark"] {
            let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
            browser.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
            browser.wait_for(&format!("matchMedia('(prefers-color-scheme: {scheme})').matches"));
            assert_eq!(browser.value(CONTRAST), json!([]), "{args:?}, {scheme}");
            backs.push(browser.text("getComputedStyle(document.body).backgroundColor"));
        }
        assert_ne!(backs[0], backs[1]);
        for width in [400, 800, 1280] {
            let size = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
            browser.devtools("Emulation.setDeviceMetricsOverride", &size);
            browser.wait_for(&format!("innerWidth === {width}"));
            let over = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && \
                        !e.closest('svg')).map(e => e.outerHTML.slice(0, 80))";
            assert_eq!(browser.value(over), json!([]), "{args:?}, {width}");
            assert_eq!(browser.value("document.documentElement.scrollWidth"), width, "{args:?}");
        }
        // On paper all messages are open, whether or not they are on the screen.
        browser.value("document.getElementById('all').click()");
        let visible = "document.querySelector('.panel li').checkVisibility({ contentVisibilityAuto: true })";
        assert_eq!(
            (browser.value("document.querySelectorAll('details[open]').length"), browser.value(visible)),
            (0.into(), false.into())
        );
        browser.devtools("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
        browser.wait_for(visible);
        assert_eq!(browser.value("getComputedStyle(document.querySelector('.tools')).display"), "none");
        browser.devtools("Emulation.setEmulatedMedia", &json!({ "media": "" }));
        assert_eq!(browser.console(), Vec::<Value>::new());
    }
}

/// A record with these handshake messages, of which each has a type and a body.
fn record(messages: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let message = |(typ, body): &(u8, Vec<u8>)| [&[*typ], &len(body)[1..], body].concat();
    let fragment: Vec<u8> = messages.iter().flat_map(message).collect();
    [&[22, 3, 3], &len(&fragment)[2..], &fragment].concat()
}

fn len(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap().to_be_bytes()
}

/// A name by which a peer might try to run a script in the browser that shows the page.
const HOSTILE: &str = "\"'></b></script><script>document.title='owned'</script><img src=http://127.0.0.1:9/ onerror=alert(1)>&lt;\u{202e}";

/// The bytes of a client that offers such a protocol, and of a server whose certificate has such a name.
fn hostile() -> [Vec<u8>; 2] {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, DnValue::Utf8String(HOSTILE.to_owned()));
    let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    let der = certificate.der();
    let list = [&len(der)[1..], der].concat();
    let random = [7; 32];
    let server_hello = [&[3, 3], &random[..], &[0, 0xc0, 0x2f, 0]].concat();
    let server = record(&[(2, server_hello), (11, [&len(&list)[1..], &list].concat())]);
    let name = &HOSTILE.as_bytes();
    let names = [&len(name)[3..], name].concat();
    // application_layer_protocol_negotiation (RFC 7301 §3.1) is 16.
    let alpn = [&[0, 16], &len(&[0; 2])[2..], &[][..]].concat();
    let alpn = [&alpn[..2], &len(&[&names[..], &[0; 2]].concat())[2..], &len(&names)[2..], &names].concat();
    let client_hello = [&[3, 3], &random[..], &[0, 0, 2, 0xc0, 0x2f, 1, 0], &len(&alpn)[2..], &alpn].concat();
    [record(&[(1, client_hello)]), server]
}

#[test]
fn names_in_a_capture_cannot_run_anything() {
    let dir = tempfile::tempdir().unwrap();
    let browser = Browser::start();
    for (side, bytes) in ["client", "server"].into_iter().zip(hostile()) {
        // The name of the file is shown too.
        let file = dir.path().join(format!("<b onclick=x>{side}"));
        fs::write(&file, bytes).unwrap();
        let (_dir, page, html) = draw(&[file.to_str().unwrap()]);
        assert!(html.contains("&lt;script&gt;document.title="), "{side}");
        assert!(html.contains("&lt;b onclick=x&gt;"), "{side}");
        for (markup, count) in [("<script", 1), ("</script", 1), ("<img", 0), ("<b onclick", 0), ("\u{202e}", 0)] {
            assert_eq!(html.matches(markup).count(), count, "{side}: {markup}");
        }
        if let Some(browser) = &browser {
            browser.open(&page);
            browser.value("document.getElementById('all').click()");
            assert_eq!(browser.value("document.querySelectorAll('img, [onclick], [onerror]').length"), 0);
            assert!(browser.text("document.title").ends_with(&format!("{side}, explained")));
            assert_eq!((browser.console(), browser.requests(&url(&page))), (vec![], vec![url(&page)]), "{side}");
        }
    }
}

/// The master secret is that of the key log, and is shown only if it is asked for.
#[test]
fn secrets_are_hidden_unless_they_are_asked_for() {
    let [_, master] = secrets();
    let (_dir, _, html) = draw(&GCM);
    assert!(!html.contains(&master) && html.contains("known, hidden") && !html.contains("This page has secrets"));
    let (_dir, _, html) = draw(&[&GCM[..], &["--show-secrets"]].concat());
    assert!(html.contains(&master) && !html.contains("known, hidden") && html.contains("This page has secrets"));
    let (_dir, _, html) = draw(&["gcm.pcap", "--show-secrets"]);
    assert!(!html.contains(&master) && html.contains("not known"));
    let output = explain(&["gcm.pcap", "--show-secrets"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

/// The cause comes before the messages, in the words of the text output.
#[test]
fn the_cause_of_a_failure_is_on_top() {
    for (file, cause) in [
        ("no_common_suite.pcap", "handshake_failure"),
        ("untrusted_server.pcap", "unknown_ca"),
        ("server_resets.pcap", "server"),
    ] {
        let (_dir, _, html) = draw(&[file]);
        let said = super::conclusion(&[file]);
        let said = said["cause"].as_str().unwrap();
        assert!(said.contains(cause), "{file}: {said}");
        let body = &html[html.find("<main>").unwrap()..];
        let escaped = said.replace('"', "&quot;").replace('\'', "&#39;");
        let (cause, messages) = (body.find(&escaped), body.find("<h3>Messages").unwrap());
        assert!(cause.is_some_and(|cause| cause < messages), "{file}: {cause:?}, {messages}: {escaped}");
    }
}

/// The page replaces an existing file as a whole, and only if there is something to draw.
#[test]
fn the_file_is_written_as_a_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("page.html");
    let draw = |file: &str| explain(&[file, "--html", page.to_str().unwrap()]);
    fs::write(&page, "before").unwrap();
    assert_eq!(draw("ca.pem").status.code(), Some(1));
    assert_eq!(fs::read_to_string(&page).unwrap(), "before");
    assert_eq!(draw("gcm.pcap").status.code(), Some(0));
    assert!(fs::read_to_string(&page).unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let output = explain(&["gcm.pcap", "--html", "no-such-folder/page.html"]);
    assert!(
        output.status.code() == Some(1) && String::from_utf8_lossy(&output.stderr).contains("no-such-folder"),
        "{output:?}"
    );
}

/// The text of a piece of HTML, without its tags.
fn without_tags(html: &str) -> String {
    html.split('<').enumerate().map(|(i, part)| if i == 0 { part } else { part.split_once('>').unwrap().1 }).collect()
}

/// The pieces between two marks.
fn between<'h>(html: &'h str, start: &'h str, end: &'h str) -> impl Iterator<Item = &'h str> {
    html.split(start).skip(1).map(move |rest| rest.split_once(end).unwrap().0)
}

/// For every capture, the bytes of each message are those of `--json`, and its fields are at the places that they state.
#[test]
fn the_bytes_of_each_message_are_shown() {
    let browser = Browser::start();
    let mut messages = 0;
    for entry in fs::read_dir(captures()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "pcap") {
            continue;
        }
        let (name, keys) = (path.to_str().unwrap(), path.with_extension("keys"));
        let keys: &[&str] = if keys.exists() { &["--keylog", keys.to_str().unwrap()] } else { &[] };
        let (_dir, page, html) = draw(&[&[name], keys].concat());
        let is_message = |line: &&Value| line["type"] == "captured" && line["bytes"].is_string();
        let lines = super::lines(&[&[name, "-v"], keys].concat());
        let expected: Vec<String> =
            lines.iter().filter(is_message).map(|line| line["bytes"].as_str().unwrap().to_owned()).collect();
        let mut drawn = Vec::new();
        for block in between(&html, "<section class=\"block\"><h4>", "</section>") {
            let title = block.split_once("</h4>").unwrap().0;
            // Not headers of records, alerts and data, of which `-v` has no bytes.
            let is_message =
                ["Header", "Alert", "Change", "Application", "The first"].iter().all(|other| !title.starts_with(other));
            let bytes: String = between(block, "<code>", "</code>").map(without_tags).collect();
            let bytes = bytes.replace(' ', "");
            for field in between(block, "<li ", "</li>") {
                assert_shows(&bytes, block, field);
            }
            if is_message {
                drawn.push(bytes);
            }
        }
        assert_eq!(drawn, expected, "{name}");
        messages += drawn.len();
        if let Some(browser) = &browser {
            browser.open(&page);
            assert_eq!((browser.console(), browser.requests(&url(&page))), (vec![], vec![url(&page)]), "{name}");
        }
    }
    assert!(messages > 100, "{messages}");
}

/// The bytes that light up with a field have the length and the place that it states.
fn assert_shows(bytes: &str, block: &str, field: &str) {
    let number = |name: &str| -> usize { between(field, &format!("{name}=\""), "\"").next().unwrap().parse().unwrap() };
    let (first, last) = (number("data-f"), number("data-e"));
    let lit: String = (first..=last)
        .flat_map(|part| {
            between(block, "<code>", "</code>")
                .flat_map(move |line| between(line, "<b data-f=\"", "</b>"))
                .filter(move |run| run.starts_with(&format!("{part}\"")))
        })
        .map(|run| run.split_once('>').unwrap().1.replace(' ', ""))
        .collect();
    let place = without_tags(between(field, "<span class=\"w\">", "</span>").next().unwrap());
    let mut words = place.split_whitespace();
    let len: usize = words.next().unwrap().parse().unwrap();
    assert_eq!(lit.len(), 2 * len, "{field}");
    if len > 0 {
        let start = usize::from_str_radix(words.nth(2).unwrap(), 16).unwrap();
        assert_eq!(lit, bytes[2 * start..][..2 * len], "{field}");
    }
}
