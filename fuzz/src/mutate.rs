//! How inputs are changed: a part of the [tree], of which the lengths are right again afterwards.

use crate::random::Random;
use crate::tree::{Content, Format, Part};

/// Changes bytes: their place, how many of it are in use, and how many may be; returns how many are then in use.
pub type Bytes = fn(&mut [u8], usize, usize) -> usize;

/// Changes the first `size` bytes of `data`, an input of this target; returns how many there are then, at most `max`. For bytes that
/// have no parts there is `bytes`, and sometimes for all of them.
pub fn mutate(target: &str, data: &mut [u8], size: usize, max: usize, seed: u32, bytes: Bytes) -> usize {
    let random = &mut Random(seed.into());
    if random.below(4) > 0
        && let Some(format) = Format::of(target)
    {
        let mut tree = Part::read(format, &data[..size]);
        change(&mut tree, max, random, bytes);
        let mut changed = Vec::new();
        tree.write(&mut changed);
        if changed.len() <= max && changed != data[..size] {
            data[..changed.len()].copy_from_slice(&changed);
            return changed.len();
        }
    }
    bytes(data, size, max)
}

/// One change to one part.
fn change(tree: &mut Part, max: usize, random: &mut Random, bytes: Bytes) {
    let count = tree.count();
    let other = tree.nth(random.below(count)).cloned();
    let (Some(part), Some(other)) = (tree.nth(random.below(count)), other) else { return };
    match (random.below(8), &mut part.content) {
        (0, _) => part.content = other.content,
        (1, _) if !part.head.is_empty() => {
            let at = random.below(part.head.len());
            part.head[at] = if random.below(2) == 0 { part.head[at] ^ 1 << random.below(8) } else { random.byte() };
        }
        (2 | 3, Content::Parts(parts)) if !parts.is_empty() => drop(parts.remove(random.below(parts.len()))),
        (4, Content::Parts(parts)) if !parts.is_empty() => {
            let again = parts[random.below(parts.len())].clone();
            parts.insert(random.below(parts.len() + 1), again);
        }
        (5, Content::Parts(parts)) if !parts.is_empty() => {
            let (a, b) = (random.below(parts.len()), random.below(parts.len()));
            parts.swap(a, b);
        }
        (_, Content::Parts(parts)) => parts.insert(random.below(parts.len() + 1), other),
        (_, Content::Bytes(content)) => {
            let size = content.len();
            let room = max.min(size + 64);
            content.resize(room.max(size), 0);
            let size = bytes(content, size, room.max(size));
            content.truncate(size);
        }
    }
}
