use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use super::super::test_certificates::{certificate, common_name, critical, extension, oid, sequence, tlv};
use super::*;

/// The contents of policies: 1.2.n.
fn p(n: u8) -> Vec<u8> {
    vec![0x2a, n]
}

fn listed(policies: &[Vec<u8>]) -> Vec<u8> {
    let all: Vec<_> = policies.iter().map(|policy| sequence(&[&oid(policy)])).collect();
    extension(32, &sequence(&[&all.concat()]))
}

fn any() -> Vec<u8> {
    ANY_POLICY.to_vec()
}

fn mapped(pairs: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let all: Vec<_> = pairs.iter().map(|(from, to)| sequence(&[&oid(from), &oid(to)])).collect();
    extension(33, &sequence(&[&all.concat()]))
}

/// policyConstraints: requireExplicitPolicy, inhibitPolicyMapping.
fn constraints(require: Option<u8>, inhibit: Option<u8>) -> Vec<u8> {
    let field = |number, value: Option<u8>| value.map_or(Vec::new(), |value| tlv(der::primitive(number), &[&[value]]));
    extension(36, &sequence(&[&field(0, require), &field(1, inhibit)]))
}

fn inhibit_any(skip: u8) -> Vec<u8> {
    extension(54, &tlv(der::INTEGER, &[&[skip]]))
}

fn none() -> CertificatePolicies {
    CertificatePolicies::new()
}

/// Accepts the policies 1.2.n, and requires one.
fn only(numbers: &[u8]) -> CertificatePolicies {
    numbers.iter().fold(none().require(), |inputs, n| inputs.accept(&format!("1.2.{n}")).unwrap())
}

/// The verdict on a path of these extensions, of which the first certificate is issued by the trust anchor.
fn verdict(path: &[Vec<Vec<u8>>], inputs: &CertificatePolicies) -> Result<(), Refusal> {
    let issuers: Vec<_> = (0..=path.len()).map(|i| common_name(&format!("CA {i}"))).collect();
    let path: Vec<_> = path.iter().zip(&issuers).zip(&issuers[1..]).map(|((e, i), s)| certificate(i, s, e)).collect();
    of_certificates(&path, inputs)
}

fn of_certificates(path: &[Vec<u8>], inputs: &CertificatePolicies) -> Result<(), Refusal> {
    let path: Vec<_> = path.iter().map(|der| Certificate::parse(der).unwrap()).collect();
    let mut state = State::new(path.iter(), inputs);
    let (last, before) = path.split_last().unwrap();
    for certificate in before {
        state.process(certificate, Last::No)?;
        state.prepare(certificate)?;
    }
    state.process(last, Last::Yes)?;
    state.wrap_up(last)
}

const NO: Result<(), Refusal> = Err(Refusal::NoPolicy);

/// §6.1.3 (d) to (f), §6.1.5 (g): what all certificates have.
#[test]
fn the_intersection() {
    let same = [vec![listed(&[p(1), p(2)])], vec![listed(&[p(2), p(3)])]];
    assert_eq!(verdict(&same, &none()), Ok(()));
    assert_eq!(verdict(&same, &none().require()), Ok(()));
    assert_eq!(verdict(&same, &only(&[2])), Ok(()));
    assert_eq!(verdict(&same, &only(&[1, 3])), NO);
    let other = [vec![listed(&[p(1)])], vec![listed(&[p(2)])]];
    assert_eq!(verdict(&other, &none()), Ok(()), "none is required");
    assert_eq!(verdict(&other, &none().accept("1.2.9").unwrap()), Ok(()), "none is required");
    assert_eq!(verdict(&other, &none().require()), NO);
    // (e): one without any.
    assert_eq!(verdict(&[vec![listed(&[p(1)])], vec![]], &none().require()), NO);
    assert_eq!(verdict(&[vec![], vec![listed(&[p(1)])]], &none().require()), NO);
    assert_eq!(verdict(&[vec![listed(&[p(1)])]], &only(&[1])), Ok(()));
}

/// §6.1.3 (d) (2), §6.1.2 (e), §6.1.4 (j).
#[test]
fn any_policy() {
    let path = |first: Vec<Vec<u8>>, second: Vec<Vec<u8>>| [first, second];
    let any_then_one = path(vec![listed(&[any()])], vec![listed(&[p(1)])]);
    assert_eq!(verdict(&any_then_one, &only(&[1])), Ok(()));
    assert_eq!(verdict(&any_then_one, &only(&[2])), NO);
    assert_eq!(verdict(&any_then_one, &only(&[1]).inhibit_any_policy()), NO);
    let one_then_any = path(vec![listed(&[p(1)])], vec![listed(&[any()])]);
    assert_eq!(verdict(&one_then_any, &only(&[1])), Ok(()));
    assert_eq!(verdict(&one_then_any, &only(&[2])), NO);
    let all_any = path(vec![listed(&[any()])], vec![listed(&[any()])]);
    assert_eq!(verdict(&all_any, &only(&[7])), Ok(()), "§6.1.5 (g) (iii) 3: it stands for what the user accepts");
    for (skip, expected) in [(0, NO), (1, Ok(()))] {
        let path = path(vec![listed(&[p(1)]), inhibit_any(skip)], vec![listed(&[any()])]);
        assert_eq!(verdict(&path, &only(&[1])), expected, "{skip}");
    }
}

/// §6.1.3 (d) (2), §6.1.4 (h): a self-issued certificate is not counted, and may have anyPolicy, if it is not the last.
#[test]
fn self_issued() {
    let (a, b) = (common_name("A"), common_name("B"));
    let first = certificate(&common_name("Root"), &a, &[listed(&[p(1)]), inhibit_any(0)]);
    let rolled = certificate(&a, &a, &[listed(&[any()])]);
    let last = certificate(&a, &b, &[listed(&[p(1)])]);
    assert_eq!(of_certificates(&[first.clone(), rolled.clone(), last.clone()], &only(&[1])), Ok(()));
    assert_eq!(of_certificates(&[first, rolled], &only(&[1])), NO);
    let counted = |of_first| {
        let first = certificate(&common_name("Root"), &a, &[of_first]);
        of_certificates(&[first, certificate(&a, &a, &[]), last.clone()], &none())
    };
    // One more that is counted in its place would be too many: see below.
    assert_eq!(counted(constraints(Some(2), None)), Ok(()));
    assert_eq!(counted(constraints(Some(1), None)), NO);
}

/// §6.1.4 (i), §6.1.5 (a), (b).
#[test]
fn explicit_policy() {
    let path = |skip| [vec![constraints(Some(skip), None)], vec![], vec![]];
    assert_eq!(verdict(&path(0), &none()), NO);
    assert_eq!(verdict(&path(1), &none()), NO);
    // (a): it is counted down once more at the end.
    assert_eq!(verdict(&path(2), &none()), NO);
    assert_eq!(verdict(&path(3), &none()), Ok(()));
    assert_eq!(verdict(&[vec![], vec![constraints(Some(0), None)]], &none()), NO, "(b): in the last");
    assert_eq!(verdict(&[vec![], vec![constraints(Some(1), None)]], &none()), Ok(()));
    // A larger number does not undo a smaller one.
    let path = [vec![constraints(Some(0), None)], vec![constraints(Some(9), None)], vec![]];
    assert_eq!(verdict(&path, &none()), NO);
    // What is required is an accepted policy.
    let path = [vec![constraints(Some(0), None), listed(&[p(1)])], vec![listed(&[p(1)])]];
    assert_eq!(verdict(&path, &none()), Ok(()));
    assert_eq!(verdict(&path, &none().accept("1.2.1").unwrap()), Ok(()));
    assert_eq!(verdict(&path, &none().accept("1.2.2").unwrap()), NO);
}

/// §6.1.4 (a), (b).
#[test]
fn mappings() {
    let path = |of_ca: Vec<Vec<u8>>, of_leaf: &[Vec<u8>]| [of_ca, vec![listed(of_leaf)]];
    let one_to_two = || vec![listed(&[p(1)]), mapped(&[(p(1), p(2))])];
    assert_eq!(verdict(&path(one_to_two(), &[p(2)]), &only(&[1])), Ok(()));
    assert_eq!(verdict(&path(one_to_two(), &[p(2)]), &only(&[2])), NO, "it descends from 1, and 2 is another's");
    assert_eq!(verdict(&path(one_to_two(), &[p(1)]), &only(&[1])), NO, "1 is what it was mapped from");
    assert_eq!(verdict(&path(one_to_two(), &[p(2)]), &only(&[1]).inhibit_mapping()), NO);
    // Where anyPolicy is listed, a policy that is not may be mapped.
    let any_mapped = || vec![listed(&[any()]), mapped(&[(p(1), p(2))])];
    assert_eq!(verdict(&path(any_mapped(), &[p(2)]), &only(&[1])), Ok(()));
    assert_eq!(verdict(&path(any_mapped(), &[p(2)]), &only(&[2])), NO, "(d) (1) (ii) is for those without a match");
    assert_eq!(verdict(&path(any_mapped(), &[p(3)]), &only(&[3])), Ok(()));
    // A policy that is neither listed nor under anyPolicy is not mapped.
    assert_eq!(verdict(&path(vec![listed(&[p(1)]), mapped(&[(p(3), p(2))])], &[p(2)]), &none().require()), NO);
    // One to several, several to one, and a swap.
    let several = vec![listed(&[p(1)]), mapped(&[(p(1), p(2)), (p(1), p(3))])];
    assert_eq!(verdict(&path(several, &[p(3)]), &only(&[1])), Ok(()));
    let merged = || vec![listed(&[p(1), p(2)]), mapped(&[(p(1), p(3)), (p(2), p(3))])];
    for (accepted, expected) in [(1, Ok(())), (2, Ok(())), (3, NO)] {
        assert_eq!(verdict(&path(merged(), &[p(3)]), &only(&[accepted])), expected, "{accepted}");
    }
    let swapped = || vec![listed(&[p(1), p(2)]), mapped(&[(p(1), p(2)), (p(2), p(1))])];
    assert_eq!(verdict(&path(swapped(), &[p(2)]), &only(&[1])), Ok(()));
    assert_eq!(verdict(&path(swapped(), &[p(2)]), &only(&[2])), NO);
    // inhibitPolicyMapping of the certificate above.
    for (skip, expected) in [(0, NO), (1, Ok(()))] {
        let path = [vec![listed(&[p(1)]), constraints(None, Some(skip))], one_to_two(), vec![listed(&[p(2)])]];
        assert_eq!(verdict(&path, &only(&[1])), expected, "{skip}");
    }
    // (a), whether a policy is required or not.
    for pair in [(any(), p(1)), (p(1), any())] {
        let path = path(vec![listed(&[p(1)]), mapped(&[pair])], &[p(1)]);
        assert_eq!(verdict(&path, &none()), Err(Refusal::MapsAnyPolicy));
    }
}

/// Most chains have policies, and most callers ask for none: then nothing is kept of them.
#[test]
fn where_no_policy_is_required_nothing_is_allocated() {
    let (a, b) = (common_name("A"), common_name("B"));
    let authority = certificate(&common_name("Root"), &a, &[listed(&[p(1), any()]), mapped(&[(p(1), p(2))])]);
    let leaf = certificate(&a, &b, &[listed(&[p(2)])]);
    let [authority, leaf] = [&authority, &leaf].map(|der| Certificate::parse(der).unwrap());
    let allocated = |inputs: &CertificatePolicies| {
        let counted = allocation_counter::measure(|| {
            let mut state = State::new([&authority, &leaf].into_iter(), inputs);
            assert_eq!(state.process(&authority, Last::No), Ok(()));
            assert_eq!(state.prepare(&authority), Ok(()));
            assert_eq!(state.process(&leaf, Last::Yes), Ok(()));
            assert_eq!(state.wrap_up(&leaf), Ok(()));
        });
        counted.count_total
    };
    assert_eq!(allocated(&none()), 0);
    assert!(allocated(&only(&[1])) > 0);
}

/// §4.2.1.4: "or MUST reject".
#[test]
fn qualifiers_of_critical_policies() {
    let with = |qualifiers: &[u8]| sequence(&[&sequence(&[&oid(&p(1)), qualifiers])]);
    let qualifier = |id: &[u8]| sequence(&[&oid(id), &tlv(der::IA5_STRING, &[])]);
    let known = sequence(&[&qualifier(QUALIFIERS[0]), &qualifier(QUALIFIERS[1])]);
    let unknown = sequence(&[&qualifier(QUALIFIERS[0]), &qualifier(&p(9))]);
    let two = [known.clone(), known.clone()].concat();
    assert_eq!(verdict(&[vec![critical(32, &with(&[]))]], &none()), Ok(()));
    assert_eq!(verdict(&[vec![critical(32, &with(&known))]], &none()), Ok(()));
    assert_eq!(verdict(&[vec![extension(32, &with(&unknown))]], &none()), Ok(()));
    for bad in [unknown, two, sequence(&[&oid(QUALIFIERS[0])]), tlv(der::INTEGER, &[&[1]])] {
        assert_eq!(verdict(&[vec![critical(32, &with(&bad))]], &none()), Err(Refusal::UnknownQualifier), "{bad:x?}");
    }
}

/// RFC 9618 §1: each level maps each policy to each of the next, and a tree of them has n to the depth of it leaves.
#[test]
fn a_tree_that_would_explode_does_not() {
    const WIDTH: u8 = 11;
    let level: Vec<_> = (1..=WIDTH).map(p).collect();
    let pairs: Vec<_> = level.iter().flat_map(|from| level.iter().map(|to| (from.clone(), to.clone()))).collect();
    let authority = vec![listed(&level), mapped(&pairs)];
    let mut path = vec![authority; 64];
    path.push(vec![listed(&[p(1)])]);
    // 11 to the power of 64 leaves; here 11 at a time, made from 121.
    assert_eq!(verdict(&path, &only(&[WIDTH])), Ok(()));
    assert_eq!(verdict(&path, &only(&[WIDTH + 1])), NO);
}

#[test]
fn what_is_kept_is_bounded() {
    let many: Vec<_> = (0..=MAX_POLICIES)
        .map(|i| vec![0x2a, 0x81 + u8::try_from(i / 128).unwrap(), u8::try_from(i % 128).unwrap()])
        .collect();
    let most = &many[1..];
    assert_eq!(verdict(&[vec![listed(most)], vec![listed(most)]], &none().require()), Ok(()));
    assert_eq!(verdict(&[vec![listed(&many)]], &none().require()), Err(Refusal::TooMany));
    let pairs: Vec<_> = many.iter().map(|to| (p(1), to.clone())).collect();
    let path = |pairs: &[_]| [vec![listed(&[p(1)]), mapped(pairs)], vec![listed(&[pairs[0].1.clone()])]];
    assert_eq!(verdict(&path(&pairs[1..]), &none().require()), Ok(()));
    assert_eq!(verdict(&path(&pairs), &none().require()), Err(Refusal::TooMany));
    // Kept, mapped and new ones together.
    let some = vec![listed(most), mapped(&[(most[0].clone(), p(1)), (most[0].clone(), p(2))])];
    assert_eq!(verdict(&[some, vec![listed(&[p(1)])]], &none().require()), Err(Refusal::TooMany));
    // Those that are read but not kept, because they are there already.
    let again = vec![p(1); MAX_POLICIES + 1];
    assert_eq!(verdict(&[vec![listed(&again[1..])]], &none().require()), Ok(()));
    assert_eq!(verdict(&[vec![listed(&again)]], &none().require()), Err(Refusal::TooMany));
    let again = vec![(p(1), p(2)); MAX_POLICIES + 1];
    assert_eq!(verdict(&path(&again[1..]), &none().require()), Ok(()));
    assert_eq!(verdict(&path(&again), &none().require()), Err(Refusal::TooMany));
    // Where no policy is required, as many as there may be do no harm.
    assert_eq!(verdict(&[vec![listed(&many), mapped(&pairs)], vec![listed(&many)]], &none()), Ok(()));
}

#[test]
fn what_cannot_be_read_is_refused() {
    let bad = |last, content: &[u8]| extension(last, &sequence(&[content]));
    let junk = sequence(&[&tlv(der::INTEGER, &[&[1]])]);
    let path = |extra: Vec<u8>| [vec![listed(&[p(1)]), extra], vec![listed(&[p(1)])]];
    for content in [junk.clone(), sequence(&[&oid(&p(1))]), sequence(&[&oid(&p(1)), &oid(&p(2)), &oid(&p(3))])] {
        assert_eq!(verdict(&path(bad(33, &content)), &none()), Err(Refusal::Malformed), "{content:x?}");
    }
    assert_eq!(verdict(&path(bad(33, &tlv(der::INTEGER, &[&[1]]))), &none()), Err(Refusal::Malformed));
}

#[test]
fn inputs() {
    for bad in ["", "1", "1.2.", "1.2.x", "anyPolicy", "9.9.9", "1.2.3.4.5.6.99999999999999999999"] {
        assert_eq!(none().accept(bad), Err(PolicyError::NotAnIdentifier), "{bad}");
    }
    assert_eq!(none().accept("2.5.29.32.0"), Err(PolicyError::AnyPolicy));
    assert!(PolicyError::AnyPolicy.to_string().contains("anyPolicy"));
    assert!(PolicyError::NotAnIdentifier.to_string().contains("2.23.140.1.2.2"));
    assert_eq!(CertificatePolicies::default(), none());
}
