#!/usr/bin/env python3
"""Histograms become what the method "sequential" must answer for them, by a second implementation.

    python3 sequential_histograms.py FILE    write the cases below with their numbers to FILE

Means of histograms: the second moment by maximum entropy within buckets, given the exact sum; quantiles: the share of
values up to the limit's edge is a proportion.

Not here: credible intervals of quantiles (straight lines within buckets, held by unit tests).
"""
import json
import math
import sys

from scipy import optimize, stats

from sequential import evidence, near

NOW, START = "2026-05-04T09:00:00Z", "2026-05-04T08:00:00Z"
EDGES = [50, 100, 250, 500, 1000]


def second_moment(counts, total):
    """Density proportional to exp(t x) in each bucket; t such that the sum is `total`."""
    low, high = [0] + EDGES[:-1], EDGES

    def moment(t, power):
        out = 0
        for a, b, c in zip(low, high, counts):
            w = b - a
            # Stable for both signs: measured from the end that dominates.
            xs = [(i + 0.5) / 4000 for i in range(4000)]
            weights = [math.exp(t * w * (x - (t > 0))) for x in xs]
            out += c * sum(q * (a + w * x) ** power for q, x in zip(weights, xs)) / sum(weights)
        return out

    t = optimize.brentq(lambda t: moment(t, 1) - total, -1, 1, xtol=1e-14)
    return moment(t, 2)


def quantile(p, cumulative):
    rank, before = p * cumulative[-1], 0
    for low, high, upto in zip([0] + EDGES[:-1], EDGES, cumulative):
        if upto >= rank:
            return low + (high - low) * (rank - before) / (upto - before)
        before = upto
    return EDGES[-1]


def histogram_case(what, criteria, versions):
    """`criteria`: (quantile or None, limit); `versions`: intervals of (counts of the buckets, sum)."""
    def criterion(intervals, p, limit):
        cumulative = [[sum(counts[: k + 1]) for k in range(len(counts))] for counts, _ in intervals]
        totals = [sum(column) for column in zip(*cumulative)]
        ns = [c[-1] for c in cumulative]
        n = sum(ns)
        if p is None:
            total = sum(s for _, s in intervals)
            counts = [sum(column) for column in zip(*(c for c, _ in intervals))]
            variance = (second_moment(counts, total) - total**2 / n) / (n - 1)
            belief = stats.t(n - 1, total / n, math.sqrt(variance / n))
            ok, bad = evidence("mean", ns, [s for _, s in intervals], limit, False)
            low, high = belief.ppf([0.025, 0.975])
            return {"statistics": {"value": near(total / n), "ratio_statistics": {
                "credible_interval": {"lower": near(low), "upper": near(high)}}},
                "threshold_assessment": {"probability_of_satisfying_threshold": near(belief.cdf(limit))},
                "evidence": {"log_e_satisfied": near(ok), "log_e_violated": near(bad)}}
        # A limit inside a bucket: its lower edge counts, the less favourable one.
        edge = max((k for k, e in enumerate(EDGES) if e <= limit), default=None)
        below = totals[edge] if edge is not None else 0
        above = [b - (c[edge] if edge is not None else 0) for b, c in zip(ns, cumulative)]
        ok, bad = evidence("proportion", ns, above, 1 - p, False)
        return {"statistics": {"value": near(quantile(p, totals))}, "threshold_assessment": {
            "probability_of_satisfying_threshold": near(stats.beta(0.5 + below, 0.5 + n - below).sf(p))},
            "evidence": {"log_e_satisfied": near(ok)} | ({"log_e_violated": near(bad)} if limit in EDGES else {})}

    ids = ["b"] + [f"c{k}" for k in range(1, len(versions))]

    def told(counts, total):
        return {"buckets": {str(e): sum(counts[: k + 1]) for k, e in enumerate(EDGES)} | {"+Inf": sum(counts)}, "sum": total}

    def version(k):
        return {"criterion_assessments": [criterion(versions[k], *c) for c in criteria]}

    asked = [{"id": f"k{i}", "metric_id": "h", "threshold": {"type": "absolute", "value": limit}} | (
        {"quantile": p} if p else {}) for i, (p, limit) in enumerate(criteria)]
    return {"what": what, "now": NOW, "experiment": {
        "method": "sequential", "start_time": START, "service_name": "ferry", "baseline": {"id": "b"},
        "candidates": [{"id": i} for i in ids[1:]], "metric_specs": {
            "counter_metrics": [{"name": "iter8_request_count"}], "ratio_metrics": [],
            "histogram_metrics": [{"name": "h", "preferred_direction": "lower"}]}, "criteria": asked},
        "observations": {"versions": {i: {"iter8_request_count": [sum(c) for c, _ in v], "h": [told(*one) for one in v]}
                                      for i, v in zip(ids, versions)}},
        "reply": {"baseline_assessment": version(0), "candidate_assessments": [version(k) for k in range(1, len(versions))]}}


def histograms():
    one = [([30, 40, 20, 6, 1], 9700), ([28, 35, 25, 9, 2], 11200), ([33, 44, 18, 5, 0], 8900)]
    two = [([20, 30, 40, 10, 3], 15600), ([15, 35, 38, 12, 6], 17900), ([22, 28, 33, 9, 2], 14100)]
    yield histogram_case("p95, p50 and the mean", [(0.95, 500), (0.5, 100), (None, 150)], [one, two])
    yield histogram_case("a limit inside a bucket", [(0.9, 300)], [one, two])
    yield histogram_case("one interval, three versions", [(0.99, 1000), (0.8, 250), (None, 120)], [one[:1], two[:1], two[1:2]])


if __name__ == "__main__":
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write("[" + ",\n ".join(json.dumps(c, ensure_ascii=False) for c in histograms()) + "]\n")
