//! Shows, on the processor itself, that work takes the same path and uses the same addresses whatever the secrets are, including the
//! instructions that Valgrind does not emulate. For several inputs that differ only in secrets, the work is stopped at each branch, and
//! at each memory access whose address does not follow from its place in the code and the stack pointer. memcheck shows more, since it
//! follows the secrets: this sees only the differences that one of the inputs causes.

pub mod arena;
mod processor;
mod subjects;
mod trace;

use std::arch::is_x86_feature_detected;
use std::process::Command;
use std::time::Instant;

use iced_x86::CpuidFeature;

use crate::report::{self, Place};
use subjects::Subject;
use trace::{Difference, Trace};

/// An extension of the instruction set.
struct Extension {
    name: &'static str,
    instructions: &'static [CpuidFeature],
    is_here: bool,
    /// Whether some subject must use it on a processor that has it, since there is a backend for it.
    is_needed: bool,
}

/// Returns those that Valgrind does not emulate, and those that are used in their place on processors without them.
fn extensions() -> [Extension; 8] {
    let with = |name, instructions, is_here| Extension { name, instructions, is_here, is_needed: false };
    let needed = |name, instructions, is_here| Extension { is_needed: true, ..with(name, instructions, is_here) };
    [
        needed("AES-NI", &[CpuidFeature::AES], is_x86_feature_detected!("aes")),
        needed("VAES", &[CpuidFeature::VAES], is_x86_feature_detected!("vaes")),
        needed("SHA-NI", &[CpuidFeature::SHA], is_x86_feature_detected!("sha")),
        with("PCLMULQDQ", &[CpuidFeature::PCLMULQDQ], is_x86_feature_detected!("pclmulqdq")),
        with("VPCLMULQDQ", &[CpuidFeature::VPCLMULQDQ], is_x86_feature_detected!("vpclmulqdq")),
        with("ADX", &[CpuidFeature::ADX], is_x86_feature_detected!("adx")),
        with("AVX-512", &[CpuidFeature::AVX512F, CpuidFeature::AVX512VL], is_x86_feature_detected!("avx512f")),
        needed("AVX-512 IFMA", &[CpuidFeature::AVX512_IFMA], is_x86_feature_detected!("avx512ifma")),
    ]
}

/// Runs the subjects whose name contains `part`, prints what was examined, and returns the problems.
pub fn run(part: &str) -> Vec<String> {
    if let Err(reason) = processor::prepare() {
        println!("NOT EXAMINED on the processor itself: {reason}");
        // In CI, nobody would notice.
        return if std::env::var_os("CI").is_some() { vec![reason] } else { Vec::new() };
    }
    let start = Instant::now();
    let mut trace = Trace::new(processor::program().1);
    let mut problems = Vec::new();
    let extensions = extensions();
    let mut executed = [false; 8];
    for subject in subjects::all().iter().filter(|subject| subject.name.contains(part)) {
        problems.extend(examine(subject, &mut trace, &extensions));
        for (executed, extension) in executed.iter_mut().zip(&extensions) {
            *executed |= has_executed(&trace, extension);
        }
    }
    for (extension, executed) in extensions.iter().zip(executed) {
        let name = extension.name;
        match (executed, extension.is_here) {
            (true, _) => println!("{name}: executed"),
            (false, true) => println!("{name}: NOT EXAMINED, nothing here has used it"),
            (false, false) => println!("{name}: NOT EXAMINED, this processor does not have it"),
        }
        if part.is_empty() && extension.is_needed && extension.is_here && !executed {
            problems.push(format!("this processor has {name}, and nothing was examined that uses it"));
        }
    }
    eprintln!("steps: {:.1} s", start.elapsed().as_secs_f32());
    problems
}

fn has_executed(trace: &Trace, extension: &Extension) -> bool {
    extension.instructions.iter().any(|instructions| trace.has_executed(*instructions))
}

/// Runs all inputs of a subject; returns the problems.
fn examine(subject: &Subject, trace: &mut Trace, extensions: &[Extension]) -> Vec<String> {
    let name = &subject.name;
    let inputs = (subject.inputs)();
    trace.clear();
    // Whatever is allocated at the first use and kept must not lie in the arena.
    (inputs[0].run)();
    let mut differences: Vec<(Difference, &str)> = Vec::new();
    for (i, input) in inputs.iter().enumerate() {
        if i > 0 {
            trace.next();
        }
        arena::inside(|| processor::tracing(trace, || (input.run)()));
        assert!(trace.instructions > 0, "{name}: {} was not examined", input.name);
        for difference in trace.differences() {
            if !differences.iter().any(|(other, _)| *other == difference) {
                differences.push((difference, &input.name));
            }
        }
    }
    let mut found: Vec<(Place, String)> = Vec::new();
    for (difference, input) in differences {
        let (place, stack) = place(difference);
        if !found.iter().any(|(other, _)| *other == place) {
            let kind = if matches!(difference, Difference::Branch(_)) { "path" } else { "address" };
            found.push((place, format!("another {kind} with {input} than with {}:{stack}", inputs[0].name)));
        }
    }
    let with = extensions.iter().filter(|extension| has_executed(trace, extension)).map(|extension| extension.name);
    let with = with.collect::<Vec<_>>().join(", ");
    println!("{name}: {} inputs, {} instructions ({with}), {} places", inputs.len(), trace.instructions, found.len());
    let mut problems = Vec::new();
    match subject.leaks {
        None => problems.extend(
            found.iter().map(|(Place { owner, function }, what)| format!("{name}: {function} ({owner}): {what}")),
        ),
        Some(leaks) if !found.iter().any(|(place, _)| place.function == leaks) => {
            problems.push(format!("{leaks} leaks, and was not found on the processor: {found:?}"));
        }
        Some(_) => {}
    }
    if trace.unknown != 0 {
        problems.push(format!("{name}: the addresses used by the instruction at {:#x} are unknown", trace.unknown));
    }
    problems
}

/// Returns where a difference is, and the functions there, the innermost first.
fn place(difference: Difference) -> (Place, String) {
    let (Difference::Branch(at) | Difference::Address(at)) = difference;
    let (program, range) = processor::program();
    let at = format!("{:#x}", at.wrapping_sub(range.start));
    let output = Command::new("addr2line").args(["-f", "-i", "-C", "-e"]).arg(program).arg(&at).output();
    let output = output.expect("addr2line is not installed");
    let (place, stack) = report::place_of_address(&String::from_utf8(output.stdout).unwrap());
    (place, stack.iter().map(|line| format!("\n      {line}")).collect())
}
