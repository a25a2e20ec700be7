//! Compiles only if nothing that `tls12` is made of links `std`: a program has one panic handler, and `std` has one.
#![no_std]

use tls12 as _;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
