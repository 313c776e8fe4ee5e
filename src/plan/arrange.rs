//! Tasks and joints to one order, and to waves of tasks that may be done side by side.

use super::joints::{Conflict, Joint, Joints, Reason};
use super::places::Task;
use crate::ordering::{Cycle, Dag};

/// Tasks in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arranged {
    /// The tasks, first to last.
    pub order: Vec<usize>,
    /// Of each task the wave in which it can be done, from 0 on.
    pub waves: Vec<usize>,
    /// What the order follows from.
    pub joints: Vec<Joint>,
}

/// Why tasks have no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disorder {
    pub conflicts: Vec<Conflict>,
    /// Each member waits for the one before it, for this reason; the first for the last.
    pub cycles: Vec<Vec<(usize, Reason)>>,
}

/// Puts tasks in an order that keeps every joint, wave by wave; in a wave they stay as they are given.
///
/// Work and memory grow with the number of what the tasks need, set and say, and not with the number of pairs of them.
pub fn arrange(tasks: &[Task]) -> Result<Arranged, Disorder> {
    let joints = Joints::of(tasks);
    let graph = Graph::of(tasks.len(), &joints.all);
    let order = graph.dag.order();
    let cycles = match &order {
        Ok(_) => Vec::new(),
        Err(cycles) => cycles
            .iter()
            .map(|cycle| graph.members(cycle, &joints.all))
            .collect(),
    };
    let (Ok(order), true) = (order, joints.conflicts.is_empty()) else {
        return Err(Disorder {
            conflicts: joints.conflicts,
            cycles,
        });
    };
    let depths = graph.dag.depths(&order, |node| graph.task(node).is_some());
    let waves = waves(tasks, &depths[graph.knots.len()..]);
    // Wave by wave is an order too, and the one in which people read.
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|task| waves[*task]);
    Ok(Arranged {
        order,
        waves,
        joints: joints.all,
    })
}

/// The waves of each phase begin when those of the phase before have ended.
fn waves(tasks: &[Task], depths: &[usize]) -> Vec<usize> {
    let mut waves = vec![0; tasks.len()];
    let mut begin = 0;
    for phase in crate::catalogue::Phase::ALL {
        let mut end = begin;
        for place in (0..tasks.len()).filter(|place| tasks[*place].phase == phase) {
            waves[place] = begin + depths[place] - 1;
            end = end.max(waves[place] + 1);
        }
        begin = end;
    }
    waves
}

/// Tasks and joints as one graph. A joint of several tasks on both sides is a node of its own, a knot; knots have the
/// smallest numbers, so that they are passed as soon as they are free and change nothing about the order of tasks.
struct Graph {
    dag: Dag,
    /// The joint of each knot.
    knots: Vec<usize>,
}

impl Graph {
    fn of(tasks: usize, joints: &[Joint]) -> Self {
        let is_knot = |joint: &Joint| joint.before.len() > 1 && joint.after.len() > 1;
        let knots: Vec<usize> = (0..joints.len())
            .filter(|place| is_knot(&joints[*place]))
            .collect();
        let mut dag = Dag::new(knots.len() + tasks);
        let node = |task: usize| knots.len() + task;
        for (knot, joint) in knots.iter().enumerate() {
            for before in &joints[*joint].before {
                dag.add(node(*before), knot);
            }
            for after in &joints[*joint].after {
                dag.add(knot, node(*after));
            }
        }
        for joint in joints.iter().filter(|joint| !is_knot(joint)) {
            for before in &joint.before {
                for after in &joint.after {
                    dag.add(node(*before), node(*after));
                }
            }
        }
        Self { dag, knots }
    }

    /// The task that a node is, if it is no knot.
    fn task(&self, node: usize) -> Option<usize> {
        node.checked_sub(self.knots.len())
    }

    /// The tasks of a cycle, each with the reason why it comes before the next one.
    fn members(&self, cycle: &Cycle, joints: &[Joint]) -> Vec<(usize, Reason)> {
        let nodes = &cycle.0;
        let mut members = Vec::new();
        for (place, node) in nodes.iter().enumerate() {
            let Some(task) = self.task(*node) else { continue };
            let next = nodes[(place + 1) % nodes.len()];
            let reason = match self.task(next) {
                None => joints[self.knots[next]].reason.clone(),
                Some(next) => {
                    let is_between =
                        |joint: &&Joint| joint.before.contains(&task) && joint.after.contains(&next);
                    let joint = joints.iter().find(is_between);
                    joint.expect("an edge comes from a joint").reason.clone()
                }
            };
            members.push((task, reason));
        }
        members
    }
}
