//! The library that the files of `ring_api` use here.

pub(super) use ::ring::*;
