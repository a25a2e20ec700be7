//! The library that the files of `ring_api` use here.

pub(super) use ::aws_lc_rs::*;
