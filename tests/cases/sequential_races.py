#!/usr/bin/env python3
"""Worlds of several versions become what the method "sequential" must answer for them, by a second implementation.

    python3 sequential_races.py FILE    write the cases below with their numbers to FILE

As in sequential.py, which it builds on: scipy's distributions, quadrature, and here sums over the sets of versions that may
satisfy; nothing shared with the engine. Improvement, chances of being best, win probabilities with limits absolute and
relative (the baseline's belief shared), expected loss, evidence of relative limits, both directions, rates, squares and
histograms.

Not here: evidence of rewards, winners, traffic, notes.
"""
import itertools
import json
import math
import sys

import numpy as np
from scipy import integrate, optimize, special, stats

from sequential import KAPPAS, belief, evidence, near, t_process

NOW, START = "2026-05-04T09:00:00Z", "2026-05-04T08:00:00Z"
GRID = [0.125 * k for k in range(1, 25)]
NODES = np.polynomial.legendre.leggauss(30)
WEIGHTS = [math.exp(-0.5 * (k / 0.7) ** 2) for k in GRID]


def rate(ns, ss):
    n, s, m = sum(ns), sum(ss), len(ns)
    p = s / n
    chi2 = sum((b - a * p) ** 2 / (a * p) for a, b in zip(ns, ss)) if p > 0 else 0
    phi = max(1, (5 + chi2) / (5 + m - 1))
    return stats.gamma(0.5 + s / phi, scale=phi / n)


def with_squares(ns, ss, qs):
    n, s, q = sum(ns), sum(ss), sum(qs)
    return stats.t(n - 1, s / n, math.sqrt((q - s * s / n) / (n - 1) / n))


def places(b, cuts=()):
    """Values of belief b with weights that sum to 1: Gauss-Legendre in u = P(X <= x), in panels that narrow towards both ends."""
    edges = [0] + [10.0**k for k in range(-15, 0)] + [0.2, 0.3, 0.4, 0.5]
    lower = sorted({*edges, *(float(b.cdf(c)) for c in cuts if b.cdf(c) < 0.5)})
    upper = sorted({*edges, *(float(b.sf(c)) for c in cuts if b.sf(c) <= 0.5)})
    xs, weights = [], []
    for ends, at in ((lower, b.ppf), (upper, b.isf)):
        for low, high in zip(ends, ends[1:]):
            xs.append(at((low + high) / 2 + (high - low) / 2 * NODES[0]))
            weights.append((high - low) / 2 * NODES[1])
    return np.concatenate(xs), np.concatenate(weights)


def mean_over(b, f, cuts=()):
    """E f(X) for X of belief b."""
    x, weight = places(b, cuts)
    return float(np.sum(weight * f(x)))


def best(beliefs, higher):
    def p(j):
        rest = [b for k, b in enumerate(beliefs) if k != j]
        return mean_over(beliefs[j], lambda x: math.prod(b.cdf(x) if higher else b.sf(x) for b in rest))
    return [p(j) for j in range(len(beliefs))]


def lift(base, b, kind, higher):
    """The 95 % interval of the improvement, in percent."""
    if kind == "mean":
        x, sx, y, sy, z = base.args[1], base.args[2], b.args[1], b.args[2], stats.norm.ppf(0.975)
        g = (z * sx / x) ** 2
        if g >= 1:
            return None
        h = z / abs(x) * math.sqrt(sy**2 * (1 - g) + (y / x * sx) ** 2)
        ends = [((y / x) - h) / (1 - g) - 1, ((y / x) + h) / (1 - g) - 1]
    else:
        centre = b.mean() / base.mean()

        def at(q):
            f = lambda r: mean_over(base, lambda x: b.cdf(r * x), [1 / r]) - q
            low = high = centre
            while f(low) > 0:
                low /= 1.5
            while f(high) < 0:
                high *= 1.5
            return optimize.brentq(f, low, high, xtol=1e-13, rtol=1e-13) - 1
        ends = [at(0.025), at(0.975)]
    ends = [100 * e if higher else -100 * e for e in ends]
    return min(ends), max(ends)


def loss(beliefs, j, higher):
    """E (best of the others - j)+."""
    rest = [b for k, b in enumerate(beliefs) if k != j]
    span = [b.ppf(q) for b in beliefs for q in (1e-9, 0.5, 1 - 1e-9)]
    low, high = min(span), max(span)
    wide = high - low
    if isinstance(beliefs[0].dist, type(stats.t)):
        low, high = low - 3000 * wide, high + 3000 * wide
    if higher:
        f = lambda t: beliefs[j].cdf(t) * (1 - math.prod(b.cdf(t) for b in rest))
    else:
        f = lambda t: beliefs[j].sf(t) * (1 - math.prod(b.sf(t) for b in rest))
    marks = sorted({*span, *(low + wide * 10**k for k in range(4)), *(high - wide * 10**k for k in range(4)), low, high})
    marks = [m for m in marks if low <= m <= high]
    return sum(integrate.quad(f, a, b, epsabs=1e-15, epsrel=1e-11, limit=400)[0] for a, b in zip(marks, marks[1:]))


def feasible_sets(versions, limits):
    """P(exactly this set of versions satisfies every limit), for each set; metrics are independent of each other."""
    sets = [frozenset(s) for k in range(versions + 1) for s in itertools.combinations(range(versions), k)]

    def at_least(of_metric, members):
        beliefs, parts = of_metric

        def given(x):
            p = 1
            for k in members:
                # All limits on one metric ask the same belief: the tightest counts.
                edges = [value * x if form == "relative" else value for form, value, _ in parts if k or form == "absolute"]
                if not edges:
                    continue
                higher = parts[0][2]
                edge = np.maximum.reduce(np.broadcast_arrays(*edges, x * 0 + edges[0])) if higher else np.minimum.reduce(
                    np.broadcast_arrays(*edges, x * 0 + edges[0]))
                if k == 0:
                    p = p * ((x >= edge) if higher else (x <= edge))
                else:
                    p = p * (beliefs[k].sf(edge) if higher else beliefs[k].cdf(edge))
            return p + 0 * x

        limits = [value for form, value, _ in parts if form == "absolute"]
        # A proportion's multiple ends at 1.
        bends = [limit / value for limit in [*limits, 1] for form, value, _ in parts if form == "relative"]
        return mean_over(beliefs[0], given, limits + bends)

    whole = {s: math.prod(at_least(m, s) for m in limits) for s in sets}
    return {s: sum((-1) ** (len(t) - len(s)) * whole[t] for t in sets if s <= t) for s in sets}


def winning(versions, limits, rewards, higher):
    """Win probabilities, and the probability that nobody satisfies."""
    sets = feasible_sets(versions, limits) if limits else {frozenset(range(versions)): 1}
    wins = [0.0] * versions
    if rewards:
        for s, p in sets.items():
            if not s:
                continue
            order = sorted(s)
            for k, q in zip(order, best([rewards[k] for k in order], higher) if len(order) > 1 else [1]):
                wins[k] += p * q
    else:
        alone = [sum(p for s, p in sets.items() if k in s) for k in range(versions)]
        order = sorted(range(1, versions), key=lambda k: (-alone[k], -k)) + [0]
        for s, p in sets.items():
            for k in order:
                if k in s:
                    wins[k] += p
                    break
    return wins, sets.get(frozenset(), 0)


def relative_t(kind, nb, sb, nc, sc, r, nu0):
    events, exposure = sum(sb) + sum(sc), sum(nb) + r * sum(nc)
    mean_b = sum(sb) / sum(nb)
    if kind == "mean":
        s0, scales = (2 * mean_b) ** 2, KAPPAS["mean"]
        w = [1 / (r * r / c + r * r / b) for b, c in zip(nb, nc)]
    else:
        p = (events + 0.5) / (exposure + 1)
        p = min(p, 0.999) if kind == "proportion" else p
        s0 = p * (1 - p) if kind == "proportion" else p
        scales = [k * math.sqrt(p / (1 - p) if kind == "proportion" else p) for k in KAPPAS["proportion"]]
        w = [1 / (r / c + r * r / b) for b, c in zip(nb, nc)]
    d = [c2 / c - r * b2 / b for b, b2, c, c2 in zip(nb, sb, nc, sc)]
    return t_process(d, w, nu0, s0, scales)


def rate_ratio(nb, sb, nc, sc, r, sign):
    """d4: `sign` 1 that the candidate is worse than r times the baseline, -1 that it is better."""
    logs = []
    for k, weight in zip(GRID, WEIGHTS):
        rr, total = r * math.exp(sign * k), math.log(weight)
        for b, eb, c, ec in zip(nb, sb, nc, sc):
            one, null = c * rr / (c * rr + b), c * r / (c * r + b)
            total += ec * math.log(one / null) + eb * math.log((1 - one) / (1 - null))
        logs.append(total)
    return special.logsumexp(logs) - math.log(sum(WEIGHTS))


def relative_evidence(kind, nb, sb, nc, sc, r, pooled):
    both = [relative_t(kind, nb, sb, nc, sc, r, 2 if kind == "mean" else 4)]
    if not pooled:
        both.append(relative_t(kind, nb, sb, nc, sc, r, 0))
    if kind != "mean":
        both.append({1: rate_ratio(nb, sb, nc, sc, r, -1), -1: rate_ratio(nb, sb, nc, sc, r, 1)})
    return min(x[1] for x in both), min(x[-1] for x in both)


def metric_belief(metric, data):
    """One version's belief of a metric: {kind, of, [squares]}."""
    ns, ss = data["iter8_request_count"], data[metric["of"]]
    if metric["kind"] == "rate":
        return rate(ns, ss)
    if "squares" in metric:
        return with_squares(ns, ss, data[metric["squares"]])
    return belief(metric["kind"], ns, ss)


def case(what, metrics, criteria, versions, reward=None, pooled=False):
    """`criteria`: (metric, form, limit) each; `versions`: counter -> intervals, the baseline first; `reward`: a metric."""
    counters = sorted({c for v in versions for c in v} - {"iter8_request_count"})
    beliefs = {name: [metric_belief(m, v) for v in versions] for name, m in metrics.items()}
    limits = {}
    for name, form, limit in criteria:
        limits.setdefault(name, []).append((form, limit, metrics[name]["higher"]))
    wins, nobody = winning(len(versions), [(beliefs[name], parts) for name, parts in limits.items()],
                           beliefs[reward] if reward else None, reward and metrics[reward]["higher"])

    def statistics(name, k):
        m, mine = metrics[name], beliefs[name]
        low, high = mine[k].ppf([0.025, 0.975])
        ratio = {"credible_interval": {"lower": near(float(low)), "upper": near(float(high))},
                 "probability_of_being_best_version": near(best(mine, m["higher"])[k])}
        if k:
            ends = lift(mine[0], mine[k], m["kind"], m["higher"])
            ratio["improvement_over_baseline"] = ends and {"lower": near(ends[0]), "upper": near(ends[1])}
            ratio["probability_of_beating_baseline"] = near(best([mine[0], mine[k]], m["higher"])[1])
        return {"value": near(sum(versions[k][m["of"]]) / sum(versions[k]["iter8_request_count"])), "ratio_statistics": ratio}

    def criterion(k, name, form, limit):
        m, mine, data = metrics[name], beliefs[name], versions[k]
        ns, ss = data["iter8_request_count"], data[m["of"]]
        out = {"statistics": statistics(name, k)}
        if form == "relative" and k == 0:
            return out
        if form == "absolute":
            p = mine[k].cdf(limit)
            if m["kind"] == "proportion" and limit > 0.5:
                bad, ok = evidence("proportion", ns, [n - s for n, s in zip(ns, ss)], 1 - limit, pooled)
            elif m["kind"] == "rate":
                ok = bad = None
            else:
                ok, bad = evidence(m["kind"], ns, ss, limit, pooled)
        else:
            p = mean_over(mine[0], lambda x: mine[k].cdf(limit * x), [1 / limit])
            base = versions[0]
            ok, bad = relative_evidence(m["kind"], base["iter8_request_count"], base[m["of"]], ns, ss, limit, pooled)
        if m["higher"]:
            p, ok, bad = 1 - p, bad, ok
        out["threshold_assessment"] = {"probability_of_satisfying_threshold": near(float(p))}
        if ok is not None:
            out["evidence"] = {"log_e_satisfied": near(float(ok)), "log_e_violated": near(float(bad))}
        return out

    def version(k):
        out = {"win_probability": near(wins[k]), "criterion_assessments": [criterion(k, *c) for c in criteria]}
        if reward:
            out["criterion_assessments"].append({"statistics": statistics(reward, k)})
            if k:
                out["expected_loss"] = near(loss(beliefs[reward], k, metrics[reward]["higher"]))
        return out

    def ratio(name, m):
        spec = {"name": name, "numerator": m["of"], "denominator": "iter8_request_count",
                "preferred_direction": "higher" if m["higher"] else "lower", "zero_to_one": m["kind"] == "proportion"}
        return spec

    def counter(name):
        spec = {"name": name}
        for m in metrics.values():
            if m["of"] == name and m["kind"] == "rate":
                spec["kind"] = "count"
            if m.get("squares") == name:
                spec |= {"kind": "sum_of_squares", "of": m["of"]}
        return spec

    ids = ["b"] + [f"c{k}" for k in range(1, len(versions))]
    asked = [{"id": f"k{i}", "metric_id": name, "threshold": {"type": form, "value": limit}}
             for i, (name, form, limit) in enumerate(criteria)]
    if reward:
        asked.append({"id": "reward", "metric_id": reward, "is_reward": True})
    return {"what": what, "now": NOW, "experiment": {
        "method": "sequential", "start_time": START, "service_name": "ferry", "baseline": {"id": ids[0]},
        "candidates": [{"id": i} for i in ids[1:]], "metric_specs": {
            "counter_metrics": [{"name": "iter8_request_count"}] + [counter(c) for c in counters],
            "ratio_metrics": [ratio(name, m) for name, m in metrics.items()]}, "criteria": asked},
        "observations": {"versions": {i: {c: x[0] if pooled else x for c, x in v.items()} for i, v in zip(ids, versions)}},
        "reply": {"baseline_assessment": version(0), "candidate_assessments": [version(k) for k in range(1, len(versions))],
                  "winner_assessment": {"no_version_satisfies_probability": near(nobody)}}}


def latency(higher=False, **more):
    return {"kind": "mean", "of": "sum", "higher": higher} | more


def share(of="errors", higher=False):
    return {"kind": "proportion", "of": of, "higher": higher}


def world(ns, **counters):
    return {"iter8_request_count": ns} | counters


THREE = [world([200, 210, 190], errors=[2, 3, 1], sum=[2000, 2200, 1900], orders=[20, 25, 22], revenue=[90, 130, 101]),
         world([150, 160, 170], errors=[1, 4, 3], sum=[1700, 1650, 1800], orders=[22, 20, 27], revenue=[110, 95, 140]),
         world([40, 60, 80], errors=[2, 3, 1], sum=[380, 610, 760], orders=[5, 9, 12], revenue=[20, 41, 66])]
FOUR = THREE + [world([90, 90, 90], errors=[0, 0, 1], sum=[1100, 1000, 900], orders=[9, 11, 8], revenue=[70, 12, 30])]
ONE = [world([900], errors=[9], sum=[8100], orders=[80], revenue=[1000]), world([100], errors=[3], sum=[950], orders=[14], revenue=[130])]
FEW = [world([5], errors=[0], sum=[60], orders=[1], revenue=[4]), world([2], errors=[1], sum=[10], orders=[2], revenue=[9])]
SQUARES = [{**v, "squares": [s * s / n + n * (4 + i) for i, (n, s) in enumerate(zip(v["iter8_request_count"], v["sum"]))]} for v in THREE]


def cases():
    plain = {"m": latency(), "e": share(), "o": share("orders", True), "r": latency(True, of="revenue")}
    pick = lambda *names: {n: plain[n] for n in names}
    yield case("three versions, two absolute limits, no reward", pick("m", "e"), [("m", "absolute", 10.5), ("e", "absolute", 0.03)], THREE)
    yield case("three versions, a relative limit each", pick("m", "e"), [("m", "relative", 1.1), ("e", "relative", 1.5)], THREE)
    yield case("absolute and relative limit on one metric", pick("m"), [("m", "absolute", 10.6), ("m", "relative", 0.98)], THREE)
    yield case("proportion reward, absolute limits", pick("e", "o"), [("e", "absolute", 0.02)], THREE, "o")
    yield case("mean reward, relative limit on errors", pick("e", "r"), [("e", "relative", 2)], THREE, "r")
    yield case("mean reward, relative limits on two metrics, four versions", pick("m", "e", "r"), [("m", "relative", 1.05), ("e", "relative", 1.2)], FOUR, "r")
    yield case("four versions, proportion reward and no limit", pick("o"), [], FOUR, "o")
    yield case("four versions, relative limit below one", pick("m"), [("m", "relative", 0.9)], FOUR)
    yield case("a limit from below on a proportion above one half",
               {"u": share("up", True)}, [("u", "absolute", 0.97), ("u", "relative", 0.99)],
               [world(v["iter8_request_count"], up=[n - e for n, e in zip(v["iter8_request_count"], v["errors"])]) for v in THREE])
    yield case("a limit from below on a mean, reward that should be small", {"r": latency(True, of="revenue"), "m": latency()},
               [("r", "absolute", 0.5), ("r", "relative", 0.9)], THREE, "m")
    yield case("totals of two versions, relative limits", pick("m", "e", "o"), [("m", "relative", 1), ("e", "relative", 1)], ONE, "o", True)
    yield case("one interval of two versions, relative limits", pick("m", "e", "o"), [("m", "relative", 1), ("e", "relative", 1)], ONE, "o")
    yield case("a handful of requests", pick("m", "e", "r"), [("m", "absolute", 12), ("e", "relative", 3)], FEW, "r")
    yield case("rates under relative limits", {"q": {"kind": "rate", "of": "retries", "higher": False}}, [("q", "relative", 1.2)],
               [world(v["iter8_request_count"], retries=[3 * e + 20 for e in v["errors"]]) for v in THREE])
    yield case("a rate as reward", {"q": {"kind": "rate", "of": "items", "higher": True}, "e": share()}, [("e", "absolute", 0.05)],
               [world(v["iter8_request_count"], errors=v["errors"], items=[2 * o + 5 * e for o, e in zip(v["orders"], v["errors"])]) for v in THREE], "q")
    yield case("a counter of squares tells the variance", {"m": latency(squares="squares")}, [("m", "absolute", 10.2), ("m", "relative", 1.02)],
               [{k: v[k] for k in ("iter8_request_count", "sum", "squares")} for v in SQUARES])


if __name__ == "__main__":
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write("[" + ",\n ".join(json.dumps(c, ensure_ascii=False) for c in cases()) + "]\n")
