//! Chains before our walk and before webpki. Every signature counts as good, so that none hides what lies behind it. A
//! difference in the verdicts that no rule explains is a crash.
//!
//! The input is two lists of certificates, each as the body of a Certificate message: the roots, then the chain.

use crate::chains::Input;
use crate::differences::compare;

pub fn target(data: &[u8]) {
    if let Some(input) = Input::read(data) {
        compare(&input);
    }
}
