//! Stable order of things that rest on each other, and their cycles with all members.
//!
//! The only user of petgraph. Its own topological sort depends on the order of insertion and names one member of a
//! cycle; here equal input gives equal order, and a cycle is told whole.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// A graph over the numbers `0..len`: an edge says what comes before what.
#[derive(Clone, Debug)]
pub struct Dag {
    graph: DiGraph<(), ()>,
}

/// Things that wait for each other; each waits for the next, the last for the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle(pub Vec<usize>);

impl Dag {
    pub fn new(len: usize) -> Self {
        let mut graph = DiGraph::with_capacity(len, len);
        for _ in 0..len {
            graph.add_node(());
        }
        Self { graph }
    }

    /// Says that `before` comes before `after`; saying it again changes nothing.
    pub fn add(&mut self, before: usize, after: usize) {
        self.graph
            .add_edge(NodeIndex::new(before), NodeIndex::new(after), ());
    }

    /// The numbers in an order that keeps every edge; among those that are free the smallest comes first.
    pub fn order(&self) -> Result<Vec<usize>, Vec<Cycle>> {
        let mut waits: Vec<usize> = self
            .graph
            .node_indices()
            .map(|n| {
                self.graph
                    .neighbors_directed(n, petgraph::Direction::Incoming)
                    .count()
            })
            .collect();
        let free = waits
            .iter()
            .enumerate()
            .filter(|(_, w)| **w == 0)
            .map(|(i, _)| Reverse(i));
        let mut free: BinaryHeap<Reverse<usize>> = free.collect();
        let mut order = Vec::with_capacity(waits.len());
        while let Some(Reverse(next)) = free.pop() {
            order.push(next);
            for after in self.graph.neighbors(NodeIndex::new(next)) {
                waits[after.index()] -= 1;
                if waits[after.index()] == 0 {
                    free.push(Reverse(after.index()));
                }
            }
        }
        if order.len() == waits.len() {
            Ok(order)
        } else {
            Err(self.cycles())
        }
    }

    /// How many of those that count each one has before it on its longest way, itself included; `order` keeps every edge.
    pub fn depths(&self, order: &[usize], counts: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut depths = vec![0; self.graph.node_count()];
        for node in order {
            depths[*node] += usize::from(counts(*node));
            for after in self.graph.neighbors(NodeIndex::new(*node)) {
                depths[after.index()] = depths[after.index()].max(depths[*node]);
            }
        }
        depths
    }

    /// Every group of things that wait for each other, as one concrete cycle each, smallest member first.
    fn cycles(&self) -> Vec<Cycle> {
        // Tarjan's way would recurse as deep as the longest chain.
        let groups = kosaraju_scc(&self.graph).into_iter();
        let mut cycles: Vec<Cycle> = groups
            .filter(|group| group.len() > 1 || self.graph.contains_edge(group[0], group[0]))
            .map(|mut group| {
                group.sort_unstable();
                self.walk(&group)
            })
            .collect();
        cycles.sort_by(|a, b| a.0.cmp(&b.0));
        cycles
    }

    /// A way around inside a sorted group: from its smallest member along shortest ways back to it.
    fn walk(&self, group: &[NodeIndex]) -> Cycle {
        let start = *group.first().expect("a group has members");
        let mut came_from = BTreeMap::from([(start, start)]);
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            let inside = |n: &NodeIndex| group.binary_search(n).is_ok();
            let mut next: Vec<NodeIndex> = self.graph.neighbors(node).filter(inside).collect();
            next.sort_unstable();
            for n in next {
                if n == start {
                    let mut path = vec![node.index()];
                    let mut at = node;
                    while at != start {
                        at = came_from[&at];
                        path.push(at.index());
                    }
                    path.reverse();
                    return Cycle(path);
                }
                if let Entry::Vacant(unseen) = came_from.entry(n) {
                    unseen.insert(node);
                    queue.push_back(n);
                }
            }
        }
        Cycle(group.iter().map(|n| n.index()).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cycle_names_all_its_members() {
        let mut dag = Dag::new(5);
        for (a, b) in [(0, 1), (1, 2), (2, 1), (2, 3), (3, 4), (4, 3)] {
            dag.add(a, b);
        }
        assert_eq!(dag.order(), Err(vec![Cycle(vec![1, 2]), Cycle(vec![3, 4])]));
        let mut own = Dag::new(1);
        own.add(0, 0);
        assert_eq!(own.order(), Err(vec![Cycle(vec![0])]));
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let len = 200_000;
        let mut dag = Dag::new(len);
        for n in 1..len {
            dag.add(n - 1, n);
            dag.add(n - 1, n);
        }
        assert_eq!(dag.order().unwrap().len(), len);
        dag.add(len - 1, len - 2);
        assert_eq!(dag.order(), Err(vec![Cycle(vec![len - 2, len - 1])]));
    }

    proptest! {
        #[test]
        fn every_edge_holds_and_the_order_is_stable(edges in prop::collection::vec((0_usize..30, 0_usize..30), 0..120)) {
            let forward: Vec<_> = edges.into_iter().filter(|(a, b)| a != b).map(|(a, b)| (a.min(b), a.max(b))).collect();
            let build = |edges: &mut dyn Iterator<Item = &(usize, usize)>| {
                let mut dag = Dag::new(30);
                for (a, b) in edges {
                    dag.add(29 - *a, 29 - *b);
                }
                dag.order().unwrap()
            };
            let order = build(&mut forward.iter());
            let place = |n: usize| order.iter().position(|x| *x == n).unwrap();
            for (a, b) in &forward {
                prop_assert!(place(29 - *a) < place(29 - *b));
            }
            prop_assert_eq!(&order, &build(&mut forward.iter().rev()));
        }
    }
}
