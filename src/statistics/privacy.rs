//! What may be published of groups without telling what single people said.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Defined, Undefined};

/// A group of the organisation, with how many answered in it.
#[derive(Debug, Clone, Deserialize)]
pub struct Node {
    pub id: String,
    pub n: u64,
    #[serde(default)]
    pub children: Vec<Node>,
}

/// A tree of groups and its threshold.
#[derive(Debug, Clone, Deserialize)]
pub struct Tree {
    pub k: u64,
    pub tree: Node,
}

/// What becomes of a group's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    Published,
    /// Too few of its own.
    Primary,
    /// Hidden, so that a sibling cannot be worked out.
    Complementary,
    /// The group above is hidden.
    Inherited,
}

/// A result is published from k answers on. Where a published group has hidden children, at least two
/// that are not empty must be hidden and hold k together; else the smallest published one (by id among
/// equals) is hidden too, and so on. What lies below a hidden group is hidden.
///
/// Source: Cox (1980), JASA 75, complementary suppression.
///
/// # Errors
/// A threshold below 2 protects nobody.
pub fn suppression_tree(tree: &Tree) -> Defined<BTreeMap<String, Fate>> {
    if tree.k < 2 {
        return Err(Undefined::new(tree.tree.n, "k_too_small"));
    }
    let mut fates = BTreeMap::new();
    let root = if tree.tree.n < tree.k { Fate::Primary } else { Fate::Published };
    descend(&tree.tree, root, tree.k, &mut fates);
    Ok(fates)
}

fn descend(node: &Node, fate: Fate, k: u64, fates: &mut BTreeMap<String, Fate>) {
    fates.insert(node.id.clone(), fate);
    let too_few = |child: &Node| child.n > 0 && child.n < k;
    let mut of: Vec<Fate> = node
        .children
        .iter()
        .map(|child| match fate {
            _ if too_few(child) => Fate::Primary,
            Fate::Published => Fate::Published,
            _ => Fate::Inherited,
        })
        .collect();
    if fate == Fate::Published {
        hide_more(&node.children, &mut of, k);
    }
    for (child, fate) in node.children.iter().zip(of) {
        descend(child, fate, k, fates);
    }
}

/// Hides the smallest, until those hidden cover each other.
fn hide_more(children: &[Node], of: &mut [Fate], k: u64) {
    loop {
        let with = |published: bool| {
            let all = children.iter().zip(&*of).enumerate();
            all.filter(move |(_, (child, of))| child.n > 0 && (**of == Fate::Published) == published)
        };
        let (hidden, answers) =
            with(false).fold((0, 0), |(hidden, answers), (_, (child, _))| (hidden + 1, answers + child.n));
        if hidden == 0 || (hidden > 1 && answers >= k) {
            return;
        }
        let smallest = with(true).min_by_key(|(_, (child, _))| (child.n, &child.id)).map(|(place, _)| place);
        let Some(place) = smallest else { return };
        of[place] = Fate::Complementary;
    }
}

/// Answers on five points, the worst first.
#[derive(Debug, Clone, Deserialize)]
pub struct Box5 {
    pub k: u64,
    pub counts_1_to_5: Vec<u64>,
}

/// What may be shown of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Homogeneity {
    pub publish: bool,
    /// Whether the single shares, and a mean, may be shown.
    pub distribution: bool,
    /// A band to show in their place.
    pub label: Option<&'static str>,
    pub reason: Option<&'static str>,
}

/// Where all of k or more answers fall in one box, the score would tell each answer: a band is
/// published instead, by whether that box is one of the best two.
///
/// Source: Machanavajjhala et al. (2007), ℓ-diversity, ACM TKDD 1(1).
///
/// # Errors
/// There are not five counts.
pub fn homogeneity_guard(boxes: &Box5) -> Defined<Homogeneity> {
    let counts = &boxes.counts_1_to_5;
    let n: u64 = counts.iter().sum();
    if counts.len() != 5 {
        return Err(Undefined::new(n, "out_of_range"));
    }
    if n == 0 || n < boxes.k {
        let reason = Some("below_k");
        return Ok(Homogeneity { publish: false, distribution: false, label: None, reason });
    }
    let same = counts.iter().position(|hits| *hits == n);
    Ok(Homogeneity {
        publish: true,
        distribution: same.is_none(),
        label: same.map(|place| if place >= 3 { ">=90% favourable" } else { "<=10% favourable" }),
        reason: same.map(|_| "all_answers_identical"),
    })
}

/// Groups of respondents with the same memberships, and the sets of groups that were released.
#[derive(Debug, Clone, Deserialize)]
pub struct Releases {
    pub k: u64,
    pub atom_sizes: Vec<u64>,
    pub released_queries: Vec<Vec<i64>>,
}

/// Whether what was released tells of fewer than k people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    pub safe: bool,
    /// Places in `atom_sizes`: the fewest people that can be worked out.
    pub smallest_isolated_atoms: Option<Vec<usize>>,
    pub isolated_respondents: Option<u64>,
}

/// A set T of groups with fewer than k people leaks where leaving it out lowers the rank of what was
/// released: then some combination of releases is about T alone. Empty groups are left out first.
///
/// Source: Dobkin, Jones & Lipton (1979), ACM TODS 4(1); Dinur & Nissim (2003), PODS.
///
/// # Errors
/// A released set that does not fit the groups.
pub fn differencing_audit(releases: &Releases) -> Defined<Audit> {
    let Releases { k, atom_sizes, released_queries } = releases;
    if released_queries.iter().any(|query| query.len() != atom_sizes.len()) {
        return Err(Undefined::new(atom_sizes.len() as u64, "out_of_range"));
    }
    let atoms: Vec<usize> = (0..atom_sizes.len()).filter(|atom| atom_sizes[*atom] > 0).collect();
    let rank_without = |out: &[usize]| {
        let kept: Vec<usize> = atoms.iter().copied().filter(|atom| !out.contains(atom)).collect();
        rank(released_queries.iter().map(|query| kept.iter().map(|atom| query[*atom]).collect()).collect())
    };
    let whole = rank_without(&[]);
    let people = |set: &[usize]| set.iter().map(|atom| atom_sizes[*atom]).sum::<u64>();
    let mut sets = vec![];
    small_sets(&atoms, &mut vec![], &|set| people(set) < *k, &mut sets);
    sets.sort_by_key(|set| (people(set), set.len(), set.clone()));
    let leak = sets.into_iter().find(|set| rank_without(set) < whole);
    Ok(Audit {
        safe: leak.is_none(),
        isolated_respondents: leak.as_deref().map(people),
        smallest_isolated_atoms: leak,
    })
}

/// All sets of some of `atoms` that are small.
fn small_sets(
    atoms: &[usize],
    begun: &mut Vec<usize>,
    small: &dyn Fn(&[usize]) -> bool,
    found: &mut Vec<Vec<usize>>,
) {
    for (place, atom) in atoms.iter().enumerate() {
        begun.push(*atom);
        if small(begun) {
            found.push(begun.clone());
            small_sets(&atoms[place + 1..], begun, small, found);
        }
        begun.pop();
    }
}

/// A prime of 61 bits. The rank modulo it is that over the rationals unless it divides a minor, and the
/// minors of such small tables are smaller than it.
const PRIME: i128 = (1 << 61) - 1;

fn rank(rows: Vec<Vec<i64>>) -> usize {
    let mut rows: Vec<Vec<i128>> = rows
        .into_iter()
        .map(|row| row.into_iter().map(|cell| i128::from(cell).rem_euclid(PRIME)).collect())
        .collect();
    let columns = rows.first().map_or(0, Vec::len);
    let mut rank = 0;
    for column in 0..columns {
        let Some(pivot) = (rank..rows.len()).find(|row| rows[*row][column] != 0) else { continue };
        rows.swap(rank, pivot);
        let inverse = power(rows[rank][column], PRIME - 2);
        let head = rows[rank].clone();
        for row in &mut rows[rank + 1..] {
            let factor = row[column] * inverse % PRIME;
            if factor != 0 {
                row.iter_mut().zip(&head).for_each(|(cell, head)| {
                    *cell = (*cell - factor * head % PRIME).rem_euclid(PRIME);
                });
            }
        }
        rank += 1;
    }
    rank
}

fn power(mut base: i128, mut exponent: i128) -> i128 {
    let mut product = 1;
    while exponent > 0 {
        if exponent % 2 == 1 {
            product = product * base % PRIME;
        }
        base = base * base % PRIME;
        exponent /= 2;
    }
    product
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn flat(sizes: &[u64]) -> Tree {
        let children: Vec<Node> = sizes
            .iter()
            .enumerate()
            .map(|(place, n)| Node { id: format!("t{place:02}"), n: *n, children: vec![] })
            .collect();
        Tree { k: 5, tree: Node { id: "all".into(), n: sizes.iter().sum(), children } }
    }

    #[test]
    fn one_small_team_takes_the_next_smallest_with_it() {
        let fates = suppression_tree(&flat(&[4, 9, 7])).unwrap();
        assert_eq!(
            (fates["t00"], fates["t01"], fates["t02"]),
            (Fate::Primary, Fate::Published, Fate::Complementary)
        );
        assert!(suppression_tree(&Tree { k: 1, ..flat(&[9]) }).is_err());
    }

    proptest! {
        /// The whole and every published part, as the audit sees them.
        #[test]
        fn what_is_published_isolates_nobody(sizes in proptest::collection::vec(0_u64..12, 1..8)) {
            let tree = flat(&sizes);
            let fates = suppression_tree(&tree).unwrap();
            let mut released_queries = vec![];
            if fates["all"] == Fate::Published {
                released_queries.push(vec![1; sizes.len()]);
            }
            for (place, node) in tree.tree.children.iter().enumerate() {
                if fates[&node.id] == Fate::Published && node.n > 0 {
                    released_queries.push((0..sizes.len()).map(|at| i64::from(at == place)).collect());
                }
            }
            let audit = differencing_audit(&Releases { k: 5, atom_sizes: sizes, released_queries }).unwrap();
            prop_assert!(audit.safe, "{audit:?}");
        }
    }

    #[test]
    fn the_same_view_at_seven_and_at_eight_answers_tells_the_eighth() {
        let released_queries = vec![vec![1, 0], vec![1, 1]];
        let audit = differencing_audit(&Releases { k: 5, atom_sizes: vec![7, 1], released_queries }).unwrap();
        assert_eq!((audit.smallest_isolated_atoms, audit.isolated_respondents), (Some(vec![1]), Some(1)));
    }

    #[test]
    fn six_times_the_worst_is_a_band() {
        let guard = |counts: &[u64]| homogeneity_guard(&Box5 { k: 5, counts_1_to_5: counts.into() }).unwrap();
        assert_eq!(guard(&[6, 0, 0, 0, 0]).label, Some("<=10% favourable"));
        assert_eq!(guard(&[0, 0, 0, 0, 6]).label, Some(">=90% favourable"));
        assert!(guard(&[1, 2, 3, 0, 0]).distribution && !guard(&[4, 0, 0, 0, 0]).publish);
    }
}
