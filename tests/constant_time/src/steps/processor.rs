//! Runs a piece of work on the processor itself, and stops it at every branch and every use of an address, by a breakpoint (`int3`) that
//! is moved from each of these instructions to the next. To find the next one, a branch is decoded and its condition evaluated.
//!
//! Other ways were less useful. Emulators such as Valgrind and QEMU support only some instructions. The trap flag, set in the process or by
//! `ptrace`, stops at every instruction, but hypervisors intercept its exception: on a virtual machine, a step took twenty times as
//! long as a breakpoint does. Besides, a container may not be allowed to use `ptrace`.

use std::arch::asm;
use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::path::PathBuf;

use iced_x86::{ConditionCode, Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};
use libc::{REG_EFL, REG_RIP, REG_RSP, siginfo_t, ucontext_t};

use super::trace::{Trace, give_up};

/// The length of the longest instruction.
const LONGEST: usize = 15;

/// The state of the signal handler.
struct Shared(UnsafeCell<Stepping>);

// SAFETY: only one thread uses it, and the signal is blocked while its handler runs.
unsafe impl Sync for Shared {}

struct Stepping {
    /// The address of the breakpoint, or 0, and the byte that it replaces.
    breakpoint: u64,
    replaced: u8,
    /// Null if no work is traced.
    trace: *mut Trace,
}

static SHARED: Shared = Shared(UnsafeCell::new(Stepping { breakpoint: 0, replaced: 0, trace: std::ptr::null_mut() }));

/// Makes code writable, and installs the handler.
///
/// # Errors
/// If the system does not allow code to be written.
pub fn prepare() -> Result<(), String> {
    for code in executable() {
        let all = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
        // SAFETY: the memory stays readable and executable, and only the breakpoint is written to it.
        if unsafe { libc::mprotect(code.start as *mut c_void, (code.end - code.start) as usize, all) } != 0 {
            return Err(format!("code cannot be made writable: {}", std::io::Error::last_os_error()));
        }
    }
    // The frame of a signal contains all registers, which are 12 KB on some processors.
    let stack = Box::leak(vec![0_u8; 1 << 18].into_boxed_slice());
    let stack = libc::stack_t { ss_sp: stack.as_mut_ptr().cast(), ss_flags: 0, ss_size: stack.len() };
    // SAFETY: the stack is never freed, and a zeroed sigaction is one without flags.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_trap as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        assert_eq!(libc::sigaltstack(&stack, std::ptr::null_mut()), 0);
        assert_eq!(libc::sigaction(libc::SIGTRAP, &action, std::ptr::null_mut()), 0);
    }
    // At its first use, the decoder allocates its tables.
    let _ = Decoder::new(64, &[0x90], DecoderOptions::NONE).decode();
    Ok(())
}

/// Returns the addresses of the code of this program and of its libraries.
fn executable() -> Vec<Range<u64>> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains(" r-xp ") && line.contains(" /")).map(range).collect()
}

/// Returns the file of this program, and its addresses.
pub fn program() -> (PathBuf, Range<u64>) {
    let file = std::env::current_exe().unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let parts: Vec<Range<u64>> =
        maps.lines().filter(|line| line.ends_with(file.to_str().unwrap())).map(range).collect();
    let whole = parts[0].start..parts[parts.len() - 1].end;
    (file, whole)
}

/// Returns the addresses at the start of a line of the map.
fn range(line: &str) -> Range<u64> {
    let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
    u64::from_str_radix(start, 16).unwrap()..u64::from_str_radix(end, 16).unwrap()
}

/// Runs `work`, in which [`stopping`] writes to this trace.
pub fn tracing<T>(trace: &mut Trace, work: impl FnOnce() -> T) -> T {
    set_trace(trace);
    let result = work();
    set_trace(std::ptr::null_mut());
    result
}

fn set_trace(trace: *mut Trace) {
    // SAFETY: there is no breakpoint now.
    unsafe { (*SHARED.0.get()).trace = trace };
}

/// Runs `work`, and stops it at each branch and address if there is a trace.
#[inline(never)]
pub fn stopping<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: there is no breakpoint now.
    let is_traced = unsafe { !(*SHARED.0.get()).trace.is_null() };
    if is_traced {
        // SAFETY: the handler continues after it.
        unsafe { asm!("int3") };
    }
    let result = work();
    if is_traced {
        // SAFETY: as above.
        unsafe { asm!("int3") };
    }
    result
}

/// Handles the breakpoint, and those at both ends of [`stopping`].
extern "C" fn on_trap(_: c_int, _: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes the context, and nothing else uses the state now. The byte is that of the same address. Until it is
    // restored, no function may be called, since the breakpoint may be in it.
    unsafe {
        let stepping = SHARED.0.get();
        let registers = &raw mut (*context.cast::<ucontext_t>()).uc_mcontext.gregs;
        if (*stepping).breakpoint != 0 {
            asm!("mov byte ptr [{}], {}", in(reg) (*stepping).breakpoint, in(reg_byte) (*stepping).replaced);
            (*registers)[REG_RIP as usize] -= 1;
            if (*registers)[REG_RIP as usize] as u64 != (*stepping).breakpoint {
                give_up("the work took another path than was expected\n");
            }
            (*stepping).breakpoint = 0;
        }
        let next = step(&mut *(*stepping).trace, &mut *registers);
        if next != 0 {
            (*stepping).replaced = *(next as *const u8);
            (*stepping).breakpoint = next;
            // From here on, no function may be called either.
            asm!("mov byte ptr [{}], 0xcc", in(reg) next);
        }
    }
}

type Registers = [i64; 23];

/// Records where the work is, and returns the address at which it must stop next, or 0 at its end.
fn step(trace: &mut Trace, registers: &mut Registers) -> u64 {
    let here = decode(registers[REG_RIP as usize] as u64);
    trace.note_features(here.cpuid_features());
    let addresses = addresses(&here, registers, trace);
    trace.stopped(here.ip(), addresses);
    if here.mnemonic() == Mnemonic::Int3 {
        registers[REG_RIP as usize] += 1;
        return 0;
    }
    let first = target(&here, registers);
    let mut next = decode(first);
    let mut passed = 0;
    while !is_telling(&next) {
        trace.note_features(next.cpuid_features());
        passed += 1;
        next = decode(next.next_ip());
    }
    if next.ip() == here.ip() {
        // A loop with nothing else to stop at. A breakpoint here would prevent this instruction from being executed.
        return first;
    }
    trace.instructions += passed;
    next.ip()
}

fn decode(at: u64) -> Instruction {
    // SAFETY: code is readable, and so is what follows it in the file.
    let bytes = unsafe { std::slice::from_raw_parts(at as *const u8, LONGEST) };
    Decoder::with_ip(64, bytes, at, DecoderOptions::NONE).decode()
}

/// Returns whether an instruction is a branch, or uses an address that does not follow from its place in the code and the stack pointer.
fn is_telling(instruction: &Instruction) -> bool {
    instruction.flow_control() != FlowControl::Next
        || operands_in_memory(instruction).any(|operand| {
            instruction.op_kind(operand) != OpKind::Memory
                || instruction.memory_index() != Register::None
                || !matches!(instruction.memory_base(), Register::None | Register::RIP | Register::RSP)
        })
}

/// Returns the operands in memory, except those of LEA and NOP, which do not access it.
fn operands_in_memory(instruction: &Instruction) -> impl Iterator<Item = u32> {
    let accesses = !matches!(instruction.mnemonic(), Mnemonic::Lea | Mnemonic::Nop);
    let is_in_memory =
        |kind| matches!(kind, OpKind::Memory | OpKind::MemorySegRSI | OpKind::MemorySegRDI | OpKind::MemoryESRDI);
    (0..instruction.op_count()).filter(move |&operand| accesses && is_in_memory(instruction.op_kind(operand)))
}

/// Returns a hash of the addresses that the instruction uses, the stack pointer, and the number of its repetitions.
fn addresses(instruction: &Instruction, registers: &Registers, trace: &mut Trace) -> u64 {
    let mut all = registers[REG_RSP as usize] as u64;
    let mut add = |number: u64| all = (all.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for operand in operands_in_memory(instruction) {
        match instruction.virtual_address(operand, 0, |register, _, _| value(register, registers)) {
            Some(address) => add(address),
            None => trace.unknown = instruction.ip(),
        }
    }
    if instruction.has_rep_prefix() || instruction.has_repne_prefix() {
        add(registers[libc::REG_RCX as usize] as u64);
    }
    all
}

/// Returns the value of a register, or `None` for the vector with the indices of a gather.
fn value(register: Register, registers: &Registers) -> Option<u64> {
    if register.is_segment_register() {
        return Some(0);
    }
    let at = match register.full_register() {
        Register::RAX => libc::REG_RAX,
        Register::RBX => libc::REG_RBX,
        Register::RCX => libc::REG_RCX,
        Register::RDX => libc::REG_RDX,
        Register::RSI => libc::REG_RSI,
        Register::RDI => libc::REG_RDI,
        Register::RBP => libc::REG_RBP,
        Register::RSP => REG_RSP,
        Register::R8 => libc::REG_R8,
        Register::R9 => libc::REG_R9,
        Register::R10 => libc::REG_R10,
        Register::R11 => libc::REG_R11,
        Register::R12 => libc::REG_R12,
        Register::R13 => libc::REG_R13,
        Register::R14 => libc::REG_R14,
        Register::R15 => libc::REG_R15,
        _ => return None,
    };
    Some(registers[at as usize] as u64)
}

/// Returns the address of the instruction that is executed next.
fn target(instruction: &Instruction, registers: &Registers) -> u64 {
    let read = |address: u64| {
        // SAFETY: the instruction reads it too.
        unsafe { *(address as *const u64) }
    };
    match instruction.flow_control() {
        FlowControl::Next => instruction.next_ip(),
        FlowControl::Call if instruction.mnemonic() == Mnemonic::Syscall => instruction.next_ip(),
        FlowControl::UnconditionalBranch | FlowControl::Call => instruction.near_branch_target(),
        FlowControl::ConditionalBranch if is_taken(instruction, registers) => instruction.near_branch_target(),
        FlowControl::ConditionalBranch => instruction.next_ip(),
        FlowControl::IndirectBranch | FlowControl::IndirectCall => match instruction.op0_kind() {
            OpKind::Register => value(instruction.op0_register(), registers).unwrap(),
            _ => read(instruction.virtual_address(0, 0, |register, _, _| value(register, registers)).unwrap()),
        },
        FlowControl::Return => read(registers[REG_RSP as usize] as u64),
        // Where the work panics, or aborts.
        FlowControl::Interrupt | FlowControl::XbeginXabortXend | FlowControl::Exception => {
            give_up("the work came to an instruction that cannot be stepped over\n")
        }
    }
}

/// Returns whether the condition of a branch is met.
fn is_taken(instruction: &Instruction, registers: &Registers) -> bool {
    let flag = |bit: u32| registers[REG_EFL as usize] >> bit & 1 == 1;
    let (carry, parity, zero, sign, overflow) = (flag(0), flag(2), flag(6), flag(7), flag(11));
    match instruction.condition_code() {
        ConditionCode::o => overflow,
        ConditionCode::no => !overflow,
        ConditionCode::b => carry,
        ConditionCode::ae => !carry,
        ConditionCode::e => zero,
        ConditionCode::ne => !zero,
        ConditionCode::be => carry || zero,
        ConditionCode::a => !carry && !zero,
        ConditionCode::s => sign,
        ConditionCode::ns => !sign,
        ConditionCode::p => parity,
        ConditionCode::np => !parity,
        ConditionCode::l => sign != overflow,
        ConditionCode::ge => sign == overflow,
        ConditionCode::le => zero || sign != overflow,
        ConditionCode::g => !zero && sign == overflow,
        ConditionCode::None if instruction.mnemonic() == Mnemonic::Loop => registers[libc::REG_RCX as usize] != 1,
        ConditionCode::None if instruction.mnemonic() == Mnemonic::Jrcxz => registers[libc::REG_RCX as usize] == 0,
        ConditionCode::None => give_up("the work came to a branch of an unknown kind\n"),
    }
}
