//! Messages that are changed by a peer that knows the keys: bytes flipped, cut off, repeated or put in, in records of any size,
//! before the keys change and after. The same cases each time.

use tls12::SealError;

use super::grammar::{EVERYTHING, Grammar, Letter, Protected, Said};
use super::peer::Peer;
use super::profile::Configured;
use super::{clients, servers};
use crate::support::pair::Happened;

const CASES: u64 = 6_000;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap()
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    /// Changes it in one way. The content may be the same by chance.
    fn change(&mut self, content: &mut Vec<u8>) {
        let at = self.below(content.len() + 1);
        match self.below(6) {
            0 => content.truncate(at),
            1 => content.insert(at, u8::try_from(self.below(256)).unwrap()),
            2 => {
                let more = content[at..].to_vec();
                content.extend(more);
            }
            // A length or a number, more often than not.
            3 if at < content.len() => content[at] = [0, 1, 0x7f, 0xff][self.below(4)],
            _ if at < content.len() => content[at] ^= 1 << self.below(8),
            _ => content.push(0),
        }
    }
}

/// One handshake. Whether the target connected; none if nothing was changed.
fn case(configured: &Configured, random: &mut Random) -> Option<bool> {
    let grammar = Grammar::of(&configured.profile);
    let sequences = grammar.sequences();
    let mut said = sequences[random.below(sequences.len())].clone();
    said.extend([Said::Data, Said::Warning, Said::CloseNotify]);
    if random.one_in(4) {
        let at = random.below(said.len());
        said.insert(at, EVERYTHING[random.below(EVERYTHING.len())]);
    }
    let mut peer = Peer::new(configured);
    let mut is_other = false;
    for said in said {
        let was_connected = peer.target.is_connected();
        let is_changed = random.one_in(4);
        let fragment = if random.one_in(3) { 1 + random.below(40) } else { usize::MAX };
        let outcome = peer.say_changed(Letter(said, Protected::AsDue), fragment, |content| {
            let good = content.clone();
            if is_changed {
                random.change(content);
            }
            is_other |= said == Said::Finished && !was_connected && !content.starts_with(&good);
        });
        let target = &mut peer.target;
        if let Err(error) = outcome {
            assert_eq!(target.run(), Err(error), "the error stays");
            assert_eq!(target.connection.seal(b"data", &mut target.output), Err(SealError::Closed));
            assert!(target.output.is_empty());
            break;
        }
    }
    let connected = peer.target.log.contains(&Happened::Connected);
    // RFC 5246 §7.4.9.
    assert!(!(connected && is_other), "{:?}: another Finished", configured.profile);
    peer.has_changed.then_some(connected)
}

#[test]
fn changed_messages_do_no_harm() {
    let configured: Vec<Configured> = [clients(), servers()].concat().into_iter().map(|p| p.configure()).collect();
    let mut outcomes = [0; 2];
    for seed in 0..CASES {
        let mut random = Random(seed);
        let configured = &configured[random.below(configured.len())];
        if let Some(connected) = case(configured, &mut random) {
            outcomes[usize::from(connected)] += 1;
        }
    }
    let [refused, connected] = outcomes;
    println!("{CASES} handshakes: {refused} with a change did not connect, {connected} did before or in spite of it");
    assert!(refused > 2_000 && connected > 500, "{refused}, {connected}");
}
