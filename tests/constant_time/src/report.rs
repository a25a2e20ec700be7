//! Reads what memcheck (`--xml=yes`) and addr2line report, as places: a function, and where it is defined.

use std::collections::BTreeMap;

/// What Valgrind calls an inlined function that was compiled with another crate, as is usual with link-time optimization.
const WITHOUT_NAME: &str = "UnknownInlinedFun";

/// Where something depends on a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file below `src` of this repository, or the package that it is in.
    pub owner: String,
    /// The function, without its path and its type parameters; or the file, if the function has no name.
    pub function: String,
}

/// A frame of a stack.
#[derive(Debug)]
struct Frame {
    function: String,
    path: String,
    line: String,
}

/// What was found at a place: how often, and where exactly for the first time.
#[derive(Debug)]
pub struct Found {
    pub kind: String,
    pub count: usize,
    pub stack: Vec<String>,
}

/// The places in this output of memcheck.
pub fn places(xml: &str) -> BTreeMap<Place, Found> {
    let mut places = BTreeMap::new();
    for error in all_between(xml, "<error>", "</error>") {
        let kind = between(error, "<kind>", "</kind>").unwrap_or_default().to_owned();
        // The first stack is where it happened.
        let stack = between(error, "<stack>", "</stack>").unwrap_or_default();
        let frames: Vec<Frame> = all_between(stack, "<frame>", "</frame>").map(frame).collect();
        let Some(place) = responsible(&frames) else { continue };
        let found = places.entry(place).or_insert_with(|| Found { kind, count: 0, stack: lines(&frames) });
        found.count += 1;
    }
    places
}

/// Returns the innermost place outside the standard library, whose functions are nearly always inlined.
fn responsible(frames: &[Frame]) -> Option<Place> {
    frames.iter().map(place).find(|place| place.owner != "std")
}

fn lines(frames: &[Frame]) -> Vec<String> {
    frames.iter().map(|frame| format!("{} ({}:{})", frame.function, frame.path, frame.line)).collect()
}

/// Returns the place of one address, and the functions there: addr2line writes two lines for each (`-f -i`).
pub fn place_of_address(text: &str) -> (Place, Vec<String>) {
    let mut text = text.lines();
    let mut frames = Vec::new();
    while let (Some(function), Some(place)) = (text.next(), text.next()) {
        let (path, line) = place.rsplit_once(':').unwrap_or((place, "?"));
        frames.push(Frame { function: function.to_owned(), path: path.to_owned(), line: line.to_owned() });
    }
    let unknown = || Place { owner: "unknown".to_owned(), function: "unknown".to_owned() };
    let place = responsible(&frames).or_else(|| frames.first().map(place));
    (place.unwrap_or_else(unknown), lines(&frames))
}

/// Returns whether a place is in this function of this owner. The line of a branch may be that of an inlined function: its file then does
/// not define the function that contains the branch.
pub fn is_at(place: &Place, owner: &str, function: &str) -> bool {
    let is_inlined = || place.owner.starts_with("src/") && defines(owner, function) && !defines(&place.owner, function);
    place.function == function && (place.owner == owner || is_inlined())
}

/// Returns whether this file below `src` defines a function of this name.
fn defines(file: &str, function: &str) -> bool {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    let code = std::fs::read_to_string(format!("{root}{file}")).unwrap_or_default();
    ["(", "<"].iter().any(|after| code.contains(&format!("fn {function}{after}")))
}

fn frame(text: &str) -> Frame {
    let field = |start, end| between(text, start, end).unwrap_or_default();
    let path = format!("{}/{}", field("<dir>", "</dir>"), field("<file>", "</file>"));
    let function = match field("<fn>", "</fn>") {
        WITHOUT_NAME => path.rsplit('/').next().unwrap_or_default(),
        function => function,
    };
    Frame {
        function: unescaped(function),
        path: if path == "/" { field("<obj>", "</obj>").to_owned() } else { path },
        line: field("<line>", "</line>").to_owned(),
    }
}

fn place(frame: &Frame) -> Place {
    Place { owner: owner(&frame.path), function: short(&frame.function) }
}

/// `src/…` for this repository, `package` for another's, `std` for the standard library's.
fn owner(path: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let library = root.trim_end_matches("tests/constant_time/");
    if let Some(own) = path.strip_prefix(root) {
        return format!("tests/{own}");
    }
    // Paths of the library may be written through this folder: `tests/constant_time/../../src`.
    let path = path.replace("tests/constant_time/../../", "");
    if let Some(ours) = path.strip_prefix(library) {
        return ours.to_owned();
    }
    if let Some((_, after)) = path.split_once("/registry/src/") {
        // The registry, then the package with its version.
        let package = after.split('/').nth(1).unwrap_or_default();
        return package.rsplit_once('-').map_or(package, |(name, _)| name).to_owned();
    }
    if path.contains("/rustc/") || path.contains("library/") {
        return "std".to_owned();
    }
    // What has no debug information: assembly of ring's, the C library.
    "unknown".to_owned()
}

/// The last part of a function's path, without type parameters: `<a::B<C> as d::E>::f::<G>` is `f`.
fn short(function: &str) -> String {
    let mut depth = 0_usize;
    let mut plain = String::new();
    for c in function.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain
        .split("::")
        .filter(|part| !part.is_empty() && !part.starts_with("{closure"))
        .last()
        .unwrap_or(&plain)
        .to_owned()
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}

fn all_between<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(move |rest| Some(rest.split_once(end)?.0))
}
