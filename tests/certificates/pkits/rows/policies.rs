//! 4.8 certificate policies, 4.9 requireExplicitPolicy, 4.10 policy mappings, 4.11 inhibitPolicyMapping,
//! 4.12 inhibitAnyPolicy. In the last four, as in most of the first, the authority below the anchor asks for a policy.

use super::{DEFAULTS, EXPLICIT, Inputs, Row, invalid, valid, wants};
use crate::certificates::der::Fields;
use crate::pkits::path::{Case, Edit, Path, notice, practice};

/// An authority of these policies.
fn good(policies: &'static [u8]) -> Path {
    Path::new("CA", |f| f.policies(policies))
}

/// The same, which asks for a policy.
fn strict(policies: &'static [u8]) -> Path {
    strict_with(policies, |_| ())
}

fn strict_with(policies: &'static [u8], change: impl FnOnce(&mut Fields)) -> Path {
    Path::new("CA", |f| {
        f.policies(policies);
        f.require(0);
        change(f);
    })
}

impl Path {
    /// Another authority of these policies.
    fn sub(self, policies: &'static [u8]) -> Self {
        self.sub_with(policies, |_| ())
    }

    fn sub_with(self, policies: &'static [u8], change: impl FnOnce(&mut Fields)) -> Self {
        let name = format!("CA {}", self.authorities.len());
        self.then(&name, |f| {
            f.policies(policies);
            change(f);
        })
    }

    /// A self-issued certificate of these policies.
    fn own(self, policies: &'static [u8]) -> Self {
        self.again(|f| f.policies(policies))
    }

    fn ends(self, policies: &'static [u8]) -> Case {
        self.end(|f| f.policies(policies))
    }

    fn ends_ca(self, policies: &'static [u8]) -> Case {
        self.end_ca(|f| f.policies(policies))
    }

    fn ends_without(self) -> Case {
        self.end(Edit::no_policies)
    }
}

/// A path of four authorities, of which these ask for a policy after so many certificates; the end has none.
fn required(skips: &[Option<u8>]) -> Path {
    skips.iter().enumerate().fold(Path::anchor(), |path, (i, skip)| {
        path.then(&format!("requireExplicitPolicy CA {i}"), |f| {
            if let Some(skip) = skip {
                f.require(*skip);
            }
        })
    })
}

fn all_one() -> Case {
    good(&[1]).ends(&[1])
}

fn none() -> Case {
    Path::new("No Policies CA", Edit::no_policies).ends_without()
}

fn different() -> Case {
    good(&[1]).sub(&[2]).ends(&[2])
}

fn overlapping() -> Case {
    strict(&[1, 2, 3, 4]).sub(&[1, 2, 3]).sub(&[1, 2]).ends_ca(&[1])
}

fn two() -> Case {
    strict(&[1, 2]).ends(&[1, 2])
}

fn any() -> Case {
    strict(&[0]).ends(&[0])
}

fn three() -> Case {
    strict(&[1, 2, 3]).ends(&[1, 2, 3])
}

fn any_then_one() -> Case {
    strict(&[0]).ends(&[1])
}

fn two_notices() -> Case {
    strict(&[1, 2]).end(|f| f.qualified(&[(1, notice("q1: the one")), (0, notice("q2: any other"))]))
}

/// Policy 1 becomes 2.
fn one_to_two(end: &'static [u8]) -> Case {
    strict_with(&[1], |f| f.map(&[(1, 2)])).ends(end)
}

/// Policy 1 becomes 3 and is lost; policy 2 becomes 5, and that 7.
fn twice_mapped(end: &'static [u8]) -> Case {
    strict_with(&[1, 2], |f| f.map(&[(1, 3)]))
        .sub_with(&[2, 4], |f| f.map(&[(2, 5)]))
        .sub_with(&[5], |f| f.map(&[(5, 7)]))
        .ends(end)
}

/// Policy 1 becomes 2, 3 and 4; of these 2 becomes 5, and 4 becomes 6.
fn many(end: &'static [u8]) -> Case {
    strict_with(&[1], |f| f.map(&[(1, 2), (1, 3), (1, 4)])).sub_with(&[2, 4], |f| f.map(&[(2, 5), (4, 6)])).ends(end)
}

/// An authority of policy 1, and one of any policy below that maps 1 to 2.
fn any_mapped(end: &'static [u8]) -> Case {
    strict(&[1]).sub_with(&[0], |f| f.map(&[(1, 2)])).ends(end)
}

fn notices_mapped() -> Case {
    strict_with(&[1, 2], |f| f.map(&[(1, 3)]))
        .end(|f| f.qualified(&[(3, notice("q7: of the third")), (0, notice("q8: of any"))]))
}

/// The policies 1 and any, each with a notice, and 1 becomes 2.
fn one_and_any_mapped(end: &'static [u8]) -> Case {
    Path::new("CA", |f| {
        f.qualified(&[(1, notice("q9: of the first")), (0, notice("q10: of any"))]);
        f.require(0);
        f.map(&[(1, 2)]);
    })
    .ends(end)
}

/// May be mapped for so many certificates.
fn may_map(policies: &'static [u8], skip: u8) -> Path {
    Path::new("CA", |f| {
        f.policies(policies);
        f.policy_constraints(Some(0), Some(skip));
    })
}

/// The policies 1 and 2 become 3 and 4 in the second certificate.
fn twelve() -> Path {
    may_map(&[1, 2], 1).sub_with(&[1, 2], |f| f.map(&[(1, 3), (2, 4)]))
}

/// Mapped after a self-issued certificate, which does not count.
fn after_own() -> Path {
    may_map(&[1], 1).own(&[1]).sub_with(&[1], |f| f.map(&[(1, 2)]))
}

fn inhibits_any(skip: u8) -> Path {
    strict_with(&[1], |f| f.inhibit_any(skip))
}

const NO_MAPPING: Inputs = Inputs { inhibit_mapping: true, ..DEFAULTS };
const NO_ANY: Inputs = Inputs { inhibit_any: true, ..DEFAULTS };

/// requireExplicitPolicy, by which a self-issued certificate is no step.
fn two_steps() -> Path {
    required(&[Some(2)]).again(|_| ())
}

fn inhibit_3() -> Case {
    inhibits_any(1).sub(&[0]).ends(&[1])
}

pub const ROWS: &[Row] = &[
    valid("4.8.1/1", "all certificates have one policy, and one is asked for", all_one).with(EXPLICIT),
    valid("4.8.1/2", "it is the one asked for", all_one).with(Inputs { explicit: true, ..wants(&[1]) }),
    invalid("4.8.1/3", "another is asked for", all_one).with(Inputs { explicit: true, ..wants(&[2]) }),
    valid("4.8.1/4", "it is among those asked for", all_one).with(Inputs { explicit: true, ..wants(&[1, 2]) }),
    valid("4.8.2/1", "no certificate has a policy", none),
    invalid("4.8.2/2", "the same, and one is asked for", none).with(EXPLICIT),
    valid("4.8.3/1", "the first certificate has another policy", different),
    invalid("4.8.3/2", "the same, and one is asked for", different).with(EXPLICIT),
    invalid("4.8.3/3", "the same, and one of both is asked for", different)
        .with(Inputs { explicit: true, ..wants(&[1, 2]) }),
    invalid("4.8.4", "the end has another policy", || good(&[1]).sub_with(&[1], |f| f.require(0)).ends(&[2])),
    invalid("4.8.5", "the second certificate has another policy", || {
        good(&[1]).sub_with(&[2], |f| f.require(0)).ends(&[1])
    }),
    valid("4.8.6/1", "one policy is in all certificates", overlapping),
    valid("4.8.6/2", "it is asked for", overlapping).with(wants(&[1])),
    invalid("4.8.6/3", "another is asked for", overlapping).with(wants(&[2])),
    invalid("4.8.7", "no policy is in all", || strict(&[1, 2, 3]).sub(&[1, 2]).sub(&[1]).ends_ca(&[2])),
    invalid("4.8.8", "no policy is in all, from the third on", || strict(&[1, 2]).sub(&[1]).sub(&[2]).ends_ca(&[1])),
    invalid("4.8.9", "no policy is in all, of a longer path", || {
        strict(&[1, 2, 3]).sub(&[1, 2]).sub(&[2]).sub(&[1]).ends(&[1])
    }),
    valid("4.8.10/1", "all have the same two policies", two),
    valid("4.8.10/2", "the first is asked for", two).with(wants(&[1])),
    valid("4.8.10/3", "the second is asked for", two).with(wants(&[2])),
    valid("4.8.11/1", "all have anyPolicy", any),
    valid("4.8.11/2", "one is asked for", any).with(wants(&[1])),
    invalid("4.8.12", "the authority and the end have different ones", || strict(&[3]).ends(&[1])),
    valid("4.8.13/1", "all have the same three policies, the first is asked for", three).with(wants(&[1])),
    valid("4.8.13/2", "the second is asked for", three).with(wants(&[2])),
    valid("4.8.13/3", "the third is asked for", three).with(wants(&[3])),
    valid("4.8.14/1", "anyPolicy, and at the end the one asked for", any_then_one).with(wants(&[1])),
    invalid("4.8.14/2", "anyPolicy, and at the end another than asked for", any_then_one).with(wants(&[2])),
    valid("4.8.15", "a single certificate with a notice", || {
        Path::anchor().end(|f| f.qualified(&[(1, notice("q1: this is the user notice"))]))
    }),
    valid("4.8.16", "two policies with a notice each, of which one is not the authority's", || {
        good(&[1]).end(|f| f.qualified(&[(1, notice("q1: the one")), (2, notice("q2: the other"))]))
    }),
    valid("4.8.17", "anyPolicy with a notice", || good(&[1]).end(|f| f.qualified(&[(0, notice("q3: any"))]))),
    valid("4.8.18/1", "a policy and anyPolicy with a notice each, the policy asked for", two_notices).with(wants(&[1])),
    valid("4.8.18/2", "another policy asked for", two_notices).with(wants(&[2])),
    valid("4.8.19", "a notice of more than 200 characters", || {
        Path::anchor().end(|f| f.qualified(&[(1, notice(&"Longer than 200 bytes. ".repeat(12)))]))
    }),
    valid("4.8.20", "a pointer to a practice statement", || {
        good(&[1]).end(|f| f.qualified(&[(1, practice("http://csrc.example/cps"))]))
    }),
    valid("4.9.1", "a policy is asked for after 10 certificates", || {
        required(&[Some(10), None, None, None]).ends_without()
    }),
    valid("4.9.2", "a policy is asked for after 5 certificates", || {
        required(&[Some(5), None, None, None]).ends_without()
    }),
    invalid("4.9.3", "a policy is asked for after 4 certificates", || {
        required(&[Some(4), None, None, None]).ends_without()
    }),
    valid("4.9.4", "a policy is asked for at once, and all have it", || {
        required(&[Some(0), None, None, None]).ends(&[1])
    }),
    invalid("4.9.5", "a policy is asked for after 7, 2 and 4 certificates", || {
        required(&[Some(7), Some(2), Some(4), None]).ends_without()
    }),
    valid("4.9.6", "after 2, of which one is self-issued", || two_steps().ends_without()),
    invalid("4.9.7", "the same with an authority below", || two_steps().then("subCA", |_| ()).ends_without()),
    invalid("4.9.8", "the same with a self-issued certificate below that", || {
        two_steps().then("subCA", |_| ()).again(|_| ()).ends_without()
    }),
    valid("4.10.1/1", "a mapped policy; what it was is asked for", || one_to_two(&[2])).with(wants(&[1])),
    invalid("4.10.1/2", "what it became is asked for", || one_to_two(&[2])).with(wants(&[2])),
    invalid("4.10.1/3", "no mapping is allowed", || one_to_two(&[2])).with(NO_MAPPING),
    invalid("4.10.2/1", "a policy that is mapped to another, and used as before", || one_to_two(&[1])),
    invalid("4.10.2/2", "the same, and no mapping is allowed", || one_to_two(&[1])).with(NO_MAPPING),
    invalid("4.10.3/1", "two mappings, one of which is lost: it is asked for", || twice_mapped(&[7])).with(wants(&[1])),
    valid("4.10.3/2", "the other is asked for", || twice_mapped(&[7])).with(wants(&[2])),
    invalid("4.10.4", "a policy that the authorities do not have", || twice_mapped(&[1])),
    valid("4.10.5/1", "a policy that is mapped to three", || many(&[6])).with(wants(&[1])),
    invalid("4.10.5/2", "what it became is asked for", || many(&[6])).with(wants(&[6])),
    valid("4.10.6/1", "another of the three", || many(&[5])).with(wants(&[1])),
    invalid("4.10.6/2", "what another became is asked for", || many(&[5])).with(wants(&[6])),
    invalid("4.10.7", "anyPolicy is mapped", || strict_with(&[0], |f| f.map(&[(0, 1)])).ends(&[1])),
    invalid("4.10.8", "a policy is mapped to anyPolicy", || strict_with(&[1], |f| f.map(&[(1, 0)])).ends(&[1])),
    valid("4.10.9", "any policy, one of which is mapped, and used as before", || {
        strict_with(&[0], |f| f.map(&[(1, 2)])).ends(&[1])
    }),
    invalid("4.10.10", "the same below an authority of that one policy", || any_mapped(&[1])),
    valid("4.10.11", "the same, and what it was mapped to", || any_mapped(&[2])),
    valid("4.10.12/1", "a mapped policy and any, with notices; the first is asked for", notices_mapped)
        .with(wants(&[1])),
    valid("4.10.12/2", "another is asked for", notices_mapped).with(wants(&[2])),
    valid("4.10.13", "a policy and any; what the first was mapped to", || one_and_any_mapped(&[2])),
    valid("4.10.14", "a policy and any; the first is mapped, and used as before", || one_and_any_mapped(&[1])),
    invalid("4.11.1", "nothing may be mapped, and something is", || {
        may_map(&[1], 0).sub_with(&[1], |f| f.map(&[(1, 2)])).ends(&[1, 2])
    }),
    valid("4.11.2", "mapped in the second certificate, where it may", || twelve().ends(&[3])),
    invalid("4.11.3", "mapped again in the third, where it may not", || {
        twelve().sub_with(&[3, 4], |f| f.map(&[(3, 5)])).ends(&[5])
    }),
    valid("4.11.4", "the same, and a policy that is not mapped again", || {
        twelve().sub_with(&[3, 4], |f| f.map(&[(3, 5)])).ends(&[4])
    }),
    invalid("4.11.5", "the second authority allows less than the first", || {
        may_map(&[1], 5)
            .sub_with(&[1], |f| f.policy_constraints(None, Some(1)))
            .sub(&[1])
            .sub_with(&[1], |f| f.map(&[(1, 2)]))
            .ends(&[2])
    }),
    invalid("4.11.6", "the second authority allows more than the first", || {
        may_map(&[1, 2], 1)
            .sub_with(&[1, 2], |f| f.policy_constraints(None, Some(5)))
            .sub_with(&[1, 2], |f| f.map(&[(1, 3)]))
            .ends(&[3])
    }),
    valid("4.11.7", "a self-issued certificate does not count", || after_own().ends(&[2])),
    invalid("4.11.8", "mapped again where it may not", || after_own().sub_with(&[2], |f| f.map(&[(2, 3)])).ends(&[3])),
    invalid("4.11.9", "mapped again where it may not, and used as before", || {
        after_own().sub_with(&[2], |f| f.map(&[(2, 3)])).ends(&[2])
    }),
    invalid("4.11.10", "mapped again in a self-issued certificate", || {
        after_own().again(|f| (f.policies(&[2]), f.map(&[(2, 3)])).1).ends(&[3])
    }),
    invalid("4.11.11", "mapped again in a self-issued certificate, and used as before", || {
        after_own().again(|f| (f.policies(&[2]), f.map(&[(2, 3)])).1).ends(&[2])
    }),
    invalid("4.12.1", "anyPolicy where it does not count", || inhibits_any(0).ends(&[0])),
    valid("4.12.2", "anyPolicy where it does not count, and the policy", || inhibits_any(0).ends(&[0, 1])),
    valid("4.12.3/1", "anyPolicy where it still counts", inhibit_3),
    invalid("4.12.3/2", "the same, and it is not to count", inhibit_3).with(NO_ANY),
    invalid("4.12.4", "anyPolicy once more", || inhibits_any(1).sub(&[0]).ends(&[0])),
    invalid("4.12.5", "the second authority allows less than the first", || {
        inhibits_any(5).sub_with(&[1], |f| f.inhibit_any(1)).sub(&[1]).ends(&[0])
    }),
    invalid("4.12.6", "the second authority allows more than the first", || {
        inhibits_any(1).sub_with(&[1], |f| f.inhibit_any(5)).ends(&[0])
    }),
    valid("4.12.7", "a self-issued certificate does not count", || inhibits_any(1).own(&[1]).sub(&[0]).ends(&[1])),
    invalid("4.12.8", "and an authority of any policy does", || {
        inhibits_any(1).own(&[1]).sub(&[0]).sub(&[0]).ends(&[1])
    }),
    valid("4.12.9", "a self-issued certificate of any policy", || {
        inhibits_any(1).own(&[1]).sub(&[0]).own(&[0]).ends(&[1])
    }),
    invalid("4.12.10", "the same at the end", || inhibits_any(1).own(&[1]).sub(&[0]).own(&[0]).closed()),
];
