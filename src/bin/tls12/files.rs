//! `tls12 server --files`: serves the files of one directory over HTTP.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

/// The file that is served for a directory.
const INDEX: &str = "index.html";

/// A file to be sent.
pub struct Found {
    pub file: File,
    pub len: u64,
    pub content_type: &'static str,
}

/// The file of this request's target, below `folder`, or `None` if there is none that may be sent: a file must be inside the
/// directory, and symbolic links that lead out of it are not followed.
pub fn find(folder: &Path, target: &[u8]) -> Option<Found> {
    let path = relative(target)?;
    let folder = fs::canonicalize(folder).ok()?;
    let mut path = fs::canonicalize(folder.join(path)).ok()?;
    if path.is_dir() {
        path = fs::canonicalize(path.join(INDEX)).ok()?;
    }
    // What was resolved, and is opened. Nothing but a file: a pipe would keep us waiting.
    if !path.starts_with(&folder) || !path.is_file() {
        return None;
    }
    let file = File::open(&path).ok()?;
    let len = file.metadata().ok().filter(fs::Metadata::is_file)?.len();
    Some(Found { file, len, content_type: content_type(&path) })
}

/// The path in a request's target (RFC 9112 §3.2.1), without its query. `None` if a part of it is not a file name.
fn relative(target: &[u8]) -> Option<PathBuf> {
    let path = target.split(|byte| matches!(byte, b'?' | b'#')).next()?.strip_prefix(b"/")?;
    let path = PathBuf::from(String::from_utf8(decoded(path)?).ok().filter(|path| !path.contains(['\0', '\\']))?);
    path.components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
}

/// Percent-decoded (RFC 3986 §2.1).
fn decoded(path: &[u8]) -> Option<Vec<u8>> {
    let mut parts = path.split(|byte| *byte == b'%');
    let mut bytes = parts.next()?.to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.extend(crate::options::hex(std::str::from_utf8(digits).ok()?)?);
        bytes.extend_from_slice(rest);
    }
    Some(bytes)
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html" | "htm") => "text/html; charset=utf-8",
        Some("txt" | "md" | "log") => "text/plain; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("json") => "application/json",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// Whether files can be served from this directory.
pub fn check(folder: &Path) -> io::Result<()> {
    fs::read_dir(folder).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn nothing_outside_of_the_folder_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::write(dir.path().join("secret"), "secret").unwrap();
        for name in ["a.txt", "sub/index.html", "with space", "100%"] {
            fs::write(root.join(name), name).unwrap();
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(dir.path().join("secret"), root.join("out")).unwrap();
            std::os::unix::fs::symlink(dir.path(), root.join("up")).unwrap();
            std::os::unix::fs::symlink(root.join("a.txt"), root.join("in")).unwrap();
        }
        let read = |target: &str| {
            find(&root, target.as_bytes()).map(|mut found| {
                let mut text = String::new();
                found.file.read_to_string(&mut text).unwrap();
                assert_eq!(found.len, text.len() as u64);
                text
            })
        };
        for (target, text) in [
            ("/a.txt", "a.txt"),
            ("/a.txt?query", "a.txt"),
            ("/sub", "sub/index.html"),
            ("/sub/", "sub/index.html"),
            ("/%61.txt", "a.txt"),
            ("/with%20space", "with space"),
            ("/100%25", "100%"),
            #[cfg(unix)]
            ("/in", "a.txt"),
        ] {
            assert_eq!(read(target).as_deref(), Some(text), "{target}");
        }
        let absolute = format!("/{}", dir.path().join("secret").display());
        for target in [
            "/",
            "",
            "a.txt",
            "/missing",
            "/../secret",
            "/sub/../../secret",
            "/%2e%2e/secret",
            "/..%2fsecret",
            "/..\\secret",
            "/%",
            "/%zz",
            "/a.txt%00",
            "/out",
            "/up/secret",
            "//etc/passwd",
            &absolute,
        ] {
            assert_eq!(read(target), None, "{target}");
        }
    }
}
