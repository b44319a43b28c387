//! Nodes that several distributions share, and each distribution's density and both tails at all of them.
//!
//! Panels of 16 Gauss-Legendre nodes, as wide as the narrowest distribution that lives there allows. A distribution's tails
//! at the nodes are running integrals of its density by the panels' spectral integration matrix, so they cost one
//! evaluation of the density each; whatever product of densities and tails is asked for then costs multiplications only.
//!
//! Absolute errors are about 1e-12. Not here: the distributions (`bell`), and what is made of the tables
//! (`superiority`, `lift`, `best`).

use std::cell::OnceCell;

use super::bell::{Axis, Bell};
use super::lanes::{LANES, Lanes, map_all};
use super::math::{abs, exp_all, ln_1p_all};

/// Nodes along an axis that cover some distributions.
#[derive(Debug)]
pub(crate) struct Grid {
    panels: Vec<Panel>,
    points: Vec<Point>,
}

/// An interval of the axis with 16 nodes.
#[derive(Debug, Clone, Copy)]
struct Panel {
    start: f64,
    end: f64,
}

/// A node: its place on the axis, the value it stands for, on the logit axis also 1 - value and -ln of the larger of the two,
/// and its weight over values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    pub(crate) at: f64,
    pub(crate) value: f64,
    pub(crate) rest: f64,
    pub(crate) fall: f64,
    pub(crate) weight: f64,
}

/// A distribution at the nodes of a grid.
#[derive(Debug)]
pub(crate) struct Table {
    /// Density times weight: the sum of `mass * g` is the integral of g over the distribution within the grid.
    pub(crate) mass: Vec<f64>,
    /// P(X <= node).
    pub(crate) below: Vec<f64>,
    /// P(X <= start of the grid).
    pub(crate) before: f64,
    /// P(X > end of the grid).
    pub(crate) after: f64,
    /// What lies in each panel.
    totals: Vec<f64>,
    /// P(X > node), once somebody asks.
    above: OnceCell<Vec<f64>>,
}

impl Table {
    /// P(X > node), from the other end, so that it keeps its digits where it is small.
    pub(crate) fn above(&self) -> &[f64] {
        self.above.get_or_init(|| self.upper_tails())
    }

    fn upper_tails(&self) -> Vec<f64> {
        let splat = Lanes::splat;
        let mut above = self.below.clone();
        let mut running = self.after;
        let mut start = self.before + self.totals.iter().sum::<f64>();
        for (total, above) in self.totals.iter().zip(above.chunks_exact_mut(NODES)).rev() {
            start -= total;
            map_all(above, |above| splat(running) + (splat(*total) - (above - splat(start))).at_least(splat(0.0)));
            running += total;
        }
        above
    }
}

impl Grid {
    /// The nodes that all of `bells` need, from the lowest to the highest place that any of them reaches.
    pub(crate) fn covering(axis: Axis, bells: &[Bell]) -> Self {
        Self::broken(axis, bells, &[])
    }

    /// The same, with panels that end at `breaks`, where what is to be integrated jumps or bends.
    pub(crate) fn broken(axis: Axis, bells: &[Bell], breaks: &[f64]) -> Self {
        let low = bells.iter().map(|bell| bell.low).fold(f64::INFINITY, f64::min);
        let high = bells.iter().map(|bell| bell.high).filter(|high| high.is_finite()).fold(low, f64::max);
        Self::cut(axis, bells, low, high, breaks)
    }

    /// The same, from `low` to `high` on the axis.
    pub(crate) fn between(axis: Axis, bells: &[Bell], low: f64, high: f64) -> Self {
        Self::cut(axis, bells, low, high, &[])
    }

    fn cut(axis: Axis, bells: &[Bell], low: f64, high: f64, breaks: &[f64]) -> Self {
        let mut panels = Vec::new();
        let mut start = low;
        while start < high {
            let mut width = bells.iter().map(|bell| bell.panel(start)).fold(high - start, f64::min);
            for at in breaks {
                if *at > start && at - start < width {
                    width = at - start;
                }
            }
            if panels.len() >= PANELS_MAX || !(start + width > start) {
                width = high - start;
            }
            let end = if start + width >= high { high } else { start + width };
            panels.push(Panel { start, end });
            start = end;
        }
        let mut points = Vec::with_capacity(panels.len() * NODES);
        for panel in &panels {
            let (middle, half) = ((panel.start + panel.end) / 2.0, (panel.end - panel.start) / 2.0);
            let places = RULE.nodes.map(|node| middle + half * node);
            let mut powers = if axis == Axis::Logit { places.map(|at| -abs(at)) } else { places };
            if axis != Axis::Linear {
                exp_all(&mut powers);
            }
            let mut falls = powers;
            if axis == Axis::Logit {
                ln_1p_all(&mut falls);
            }
            let nodes = places.iter().zip(powers.iter().zip(falls)).zip(RULE.weights);
            points.extend(nodes.map(|((at, (power, fall)), weight)| point(axis, *at, *power, fall, half * weight)));
        }
        Self { panels, points }
    }

    /// Where it starts and ends on the axis; (0, 0) if it is empty.
    pub(crate) fn ends(&self) -> (f64, f64) {
        let start = self.panels.first().map_or(0.0, |panel| panel.start);
        (start, self.panels.last().map_or(0.0, |panel| panel.end))
    }

    pub(crate) fn points(&self) -> &[Point] {
        &self.points
    }

    /// Each of `bells` at the nodes.
    pub(crate) fn tables(&self, bells: &[Bell]) -> Vec<Table> {
        bells.iter().map(|bell| self.tabulate(bell)).collect()
    }

    /// The distribution `bell` at the nodes.
    pub(crate) fn tabulate(&self, bell: &Bell) -> Table {
        let splat = Lanes::splat;
        let size = self.points.len();
        let (mut mass, mut below) = (Vec::with_capacity(size), Vec::with_capacity(size));
        let before = self.panels.first().map_or(0.0, |panel| bell.below(panel.start));
        let after = self.panels.last().map_or(0.0, |panel| bell.above(panel.end));
        let mut running = before;
        let mut totals = Vec::with_capacity(self.panels.len());
        for (panel, points) in self.panels.iter().zip(self.points.chunks_exact(NODES)) {
            if panel.end <= bell.nothing_below || panel.start >= bell.nothing_above {
                mass.extend_from_slice(&[0.0; NODES]);
                below.extend_from_slice(&[running; NODES]);
                totals.push(0.0);
                continue;
            }
            let half = (panel.end - panel.start) / 2.0;
            let mut masses = [0.0; NODES];
            bell.densities(points, &mut masses);
            let mut tails = integrals(&masses);
            map_all(&mut tails, |tail| splat(running) + splat(half) * tail);
            let mut total = 0.0;
            for (mass, weight) in masses.iter_mut().zip(RULE.weights) {
                *mass *= half * weight;
                total += *mass;
            }
            mass.extend_from_slice(&masses);
            below.extend_from_slice(&tails);
            running += total;
            totals.push(total);
        }
        Table { mass, below, before, after, totals, above: OnceCell::new() }
    }
}

/// The node at `at`; `power` is e^-|at| along the logit, of which `fall` is ln(1 + power), and e^at along the logarithm.
fn point(axis: Axis, at: f64, power: f64, fall: f64, weight: f64) -> Point {
    match axis {
        Axis::Logit => {
            let (minor, major) = (power / (1.0 + power), 1.0 / (1.0 + power));
            let (value, rest) = if at < 0.0 { (minor, major) } else { (major, minor) };
            Point { at, value, rest, fall, weight: weight * minor * major }
        }
        Axis::Log => Point { at, value: power, rest: 0.0, fall: 0.0, weight: weight * power },
        Axis::Linear => Point { at, value: at, rest: 0.0, fall: 0.0, weight },
    }
}

struct Rule {
    nodes: [f64; NODES],
    weights: [f64; NODES],
}

const fn rule() -> Rule {
    let (mut nodes, mut weights) = ([0.0; NODES], [0.0; NODES]);
    let mut index = 0;
    while index < NODES / 2 {
        let (node, weight) = HALF_RULE[index];
        (nodes[NODES / 2 + index], nodes[NODES / 2 - 1 - index]) = (node, -node);
        (weights[NODES / 2 + index], weights[NODES / 2 - 1 - index]) = (weight, weight);
        index += 1;
    }
    Rule { nodes, weights }
}

/// From -1 to each node, the integral of the polynomial with these values at the nodes.
///
/// Of what is the same on both sides, and of what changes its sign: an integral from -1 is half of the whole and an odd
/// function, or an even one. So half of the products serve both sides.
fn integrals(values: &[f64; NODES]) -> [f64; NODES] {
    const HALF: usize = NODES / 2;
    let (mut even, mut odd, mut whole) = ([Lanes::default(); HALF / LANES], [Lanes::default(); HALF / LANES], 0.0);
    for j in 0..HALF {
        let (upper, lower) = (values[HALF + j], values[HALF - 1 - j]);
        let (sum, difference) = (upper + lower, upper - lower);
        whole += sum * RULE.weights[HALF + j];
        let (of_even, of_odd) = (HALVES.0[j].as_chunks().0, HALVES.1[j].as_chunks().0);
        for i in 0..HALF / LANES {
            even[i] = even[i] + Lanes::splat(sum) * Lanes::from(of_even[i]);
            odd[i] = odd[i] + Lanes::splat(difference) * Lanes::from(of_odd[i]);
        }
    }
    let mut integrals = [0.0; NODES];
    for i in 0..HALF / LANES {
        let (upper, lower) = ((even[i] + odd[i]).to_array(), (Lanes::splat(whole) - (even[i] - odd[i])).to_array());
        for lane in 0..LANES {
            integrals[HALF + i * LANES + lane] = upper[lane];
            integrals[HALF - 1 - i * LANES - lane] = lower[lane];
        }
    }
    integrals
}

type Halves = [[f64; NODES / 2]; NODES / 2];

/// Row j: the integrals from -1 to each positive node of half the polynomial that is 1 at the positive node j and, on the
/// other side, 1 or -1 at its mirror.
const fn halves() -> (Halves, Halves) {
    let matrix = cumulative();
    let (mut even, mut odd) = ([[0.0; NODES / 2]; NODES / 2], [[0.0; NODES / 2]; NODES / 2]);
    let mut j = 0;
    while j < NODES / 2 {
        let mut i = 0;
        while i < NODES / 2 {
            let (upper, lower) = (matrix[NODES / 2 + j][NODES / 2 + i], matrix[NODES / 2 - 1 - j][NODES / 2 + i]);
            even[j][i] = (upper + lower) / 2.0;
            odd[j][i] = (upper - lower) / 2.0;
            i += 1;
        }
        j += 1;
    }
    (even, odd)
}

/// Row j: the integrals from -1 to each node of the polynomial that is 1 at node j and 0 at the others.
///
/// That polynomial is w_j sum over n of (2n + 1)/2 P_n(x_j) P_n(x), and (2n + 1) P_n integrates to P_(n+1) - P_(n-1).
const fn cumulative() -> [[f64; NODES]; NODES] {
    let mut matrix = [[0.0; NODES]; NODES];
    let mut j = 0;
    while j < NODES {
        let at_j = legendre(RULE.nodes[j]);
        let mut i = 0;
        while i < NODES {
            let at_i = legendre(RULE.nodes[i]);
            let mut sum = at_i[1] + 1.0;
            let mut n = 1;
            while n < NODES {
                sum += at_j[n] * (at_i[n + 1] - at_i[n - 1]);
                n += 1;
            }
            matrix[j][i] = RULE.weights[j] * sum / 2.0;
            i += 1;
        }
        j += 1;
    }
    matrix
}

/// P_0 to P_16 at `x`, by Bonnet's recurrence.
const fn legendre(x: f64) -> [f64; NODES + 1] {
    let mut values = [1.0; NODES + 1];
    values[1] = x;
    let mut n = 1;
    while n < NODES {
        let order = n as f64;
        values[n + 1] = ((2.0 * order + 1.0) * x * values[n] - order * values[n - 1]) / (order + 1.0);
        n += 1;
    }
    values
}

/// Nodes of a panel.
pub(crate) const NODES: usize = 16;
/// Far above what fifty distributions of different widths need (about 700). At the bound the last panel covers the rest: less
/// exact, never endless.
const PANELS_MAX: usize = 5_000;
const RULE: Rule = rule();
const HALVES: (Halves, Halves) = halves();
/// Positive nodes and their weights, computed with 40 digits from the Legendre polynomial; the negative ones mirror them.
const HALF_RULE: [(f64, f64); NODES / 2] = [
    (0.095012509837637440185, 0.18945061045506849629),
    (0.28160355077925891323, 0.18260341504492358887),
    (0.45801677765722738634, 0.16915651939500253819),
    (0.6178762444026437484, 0.14959598881657673208),
    (0.7554044083550030339, 0.12462897125553387205),
    (0.86563120238783174388, 0.09515851168249278481),
    (0.94457502307323257608, 0.062253523938647892863),
    (0.9894009349916499326, 0.027152459411754094852),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::math::power as powers;

    #[test]
    fn polynomials_are_integrated_exactly_up_to_every_node() {
        for power in [0, 1, 5, 14, 15] {
            let found = integrals(&RULE.nodes.map(|node| powers(node, power)));
            for (node, found) in RULE.nodes.iter().zip(found) {
                let end = power + 1;
                let exact = (powers(*node, end) - powers(-1.0, end)) / f64::from(end);
                assert!((found - exact).abs() < 1e-15, "x^{power} up to {node}: {found}, not {exact}");
            }
        }
    }
}
