//! What a program says to the Valgrind that it runs under ("client requests"), by the instructions that valgrind.h has for
//! x86-64. Outside Valgrind they do nothing.

use std::arch::asm;
use std::sync::atomic::{AtomicBool, Ordering};

const RUNNING_ON_VALGRIND: usize = 0x1001;
const CHANGE_ERROR_DISABLEMENT: usize = 0x1801;
/// The requests of memcheck begin here: "MC".
const MEMCHECK: usize = 0x4d43_0000;
const MAKE_UNDEFINED: usize = MEMCHECK + 1;
const MAKE_DEFINED: usize = MEMCHECK + 2;
/// Those of callgrind: "CT".
const CALLGRIND: usize = 0x4354_0000;
const ZERO_STATS: usize = CALLGRIND + 1;
const DUMP_STATS_AT: usize = CALLGRIND + 3;

/// Makes a request; 0 outside Valgrind.
fn request(request: usize, [first, second]: [usize; 2]) -> usize {
    let arguments = [request, first, second, 0, 0, 0];
    let mut answer = 0_usize;
    // SAFETY: the rotations add up to 128 bits, and so leave RDI as it was; the exchange of a register with itself does
    // nothing. Valgrind reads the six words that RAX points to, and writes its answer to RDX.
    unsafe {
        asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") answer,
        );
    }
    answer
}

/// Whether this runs under Valgrind.
pub fn is_here() -> bool {
    request(RUNNING_ON_VALGRIND, [0, 0]) != 0
}

/// Nothing is secret if this is set: what is reported then has to do with the compiler, and not with secrets.
pub static NO_SECRETS: AtomicBool = AtomicBool::new(false);

/// Declares these bytes secret: memcheck reports every branch and every address that depends on them.
pub fn hide(secret: &mut [u8]) {
    if NO_SECRETS.load(Ordering::Relaxed) {
        return;
    }
    request(MAKE_UNDEFINED, [secret.as_mut_ptr().addr(), secret.len()]);
}

/// Declares these bytes public.
pub fn reveal(public: &mut [u8]) {
    request(MAKE_DEFINED, [public.as_mut_ptr().expose_provenance(), public.len()]);
}

/// Declares this value public.
pub fn reveal_value<T: Copy>(value: &mut T) {
    request(MAKE_DEFINED, [std::ptr::from_mut(value).expose_provenance(), size_of::<T>()]);
}

/// What `work` does is not reported.
pub fn unreported<T>(work: impl FnOnce() -> T) -> T {
    request(CHANGE_ERROR_DISABLEMENT, [1, 0]);
    let result = work();
    request(CHANGE_ERROR_DISABLEMENT, [usize::MAX, 0]);
    result
}

/// Has callgrind count the instructions of `work`, and write them down under `name`.
pub fn counted<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let name = std::ffi::CString::new(name).unwrap();
    request(ZERO_STATS, [0, 0]);
    let result = work();
    request(DUMP_STATS_AT, [name.as_ptr().expose_provenance(), 0]);
    result
}
