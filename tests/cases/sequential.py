#!/usr/bin/env python3
"""Observations become the numbers that the method "sequential" must give for them, by a second implementation.

    python3 sequential.py FILE    write the cases below with their numbers to FILE

scipy's distributions and adaptive quadrature, sharing nothing with the engine: beliefs of proportions and means (batch
means), limits absolute and relative, chances of beating the baseline, and the evidence of absolute limits (exact, t).

Not here: evidence of relative limits, rewards, winners, traffic, histograms, rates, notes.
"""
import json
import math
import sys

from scipy import integrate, stats
from scipy.special import betaln, logsumexp

KAPPAS = {"mean": (0.1, 0.5, 2.0), "proportion": (0.25, 0.5, 1.0)}


def belief(kind, ns, ss):
    n, s, m = sum(ns), sum(ss), len(ns)
    if kind == "proportion":
        p = s / n
        chi2 = sum((b - a * p) ** 2 / (a * p * (1 - p)) for a, b in zip(ns, ss)) if 0 < p < 1 else 0
        phi = max(1, (5 + chi2) / (5 + m - 1))
        return stats.beta(0.5 + s / phi, 0.5 + (n - s) / phi)
    a = s / n
    spread = sum(k * (b / k - a) ** 2 for k, b in zip(ns, ss))
    return stats.t(2 + m - 1, a, math.sqrt((2 * (1.3 * a) ** 2 + spread) / (2 + m - 1) / n))


def below(c, b, r):
    """P(X_c <= r X_b)."""
    return integrate.quad(lambda u: c.cdf(r * b.ppf(u)), 0, 1, epsabs=1e-12, epsrel=1e-11, limit=400)[0]


def t_process(d, w, nu0, s0, scales):
    """ln E for effects d with weights w: 1 that they lie below 0, -1 that they lie above."""
    W = sum(w)
    est = sum(a * x for a, x in zip(w, d)) / W
    rest = sum(a * (x - est) ** 2 for a, x in zip(w, d))
    nu = nu0 + len(d) - 1
    sides = {1: [], -1: []}
    for k in scales:
        g = 1 + k * k * W
        q0, q = nu0 * s0 + rest + W * est**2, nu0 * s0 + rest + W * est**2 / g
        e2 = -math.log(g) / 2 + (nu + 1) / 2 * (math.log(q0 / q) if q else 0)
        z = est * math.sqrt((g - 1) * W / g) / math.sqrt(q / (nu + 1)) if q else 0
        for side in sides:
            sides[side].append(math.log(2) + e2 + stats.t.logcdf(-side * z, nu + 1))
    return {side: logsumexp(v) - math.log(len(v)) for side, v in sides.items()}


def absolute_t(kind, ns, ss, tau, nu0):
    s0 = (2 * tau) ** 2 if kind == "mean" else tau * (1 - tau)
    scales = KAPPAS[kind] if kind == "mean" else [k * math.sqrt(tau / (1 - tau)) for k in KAPPAS[kind]]
    return t_process([b / a - tau for a, b in zip(ns, ss)], ns, nu0, s0, scales)


def evidence(kind, ns, ss, tau, pooled):
    both = [absolute_t(kind, ns, ss, tau, 2 if kind == "mean" else 4)]
    if not pooled:
        both.append(absolute_t(kind, ns, ss, tau, 0))
    if kind == "proportion":
        s, f = sum(ss), sum(ns) - sum(ss)
        rate = betaln(0.5 + s, 0.5 + f) - betaln(0.5, 0.5) - s * math.log(tau) - f * math.log1p(-tau)
        after, prior = stats.beta(0.5 + s, 0.5 + f), stats.beta(0.5, 0.5)
        both.append({1: rate + after.logcdf(tau) - prior.logcdf(tau), -1: rate + after.logsf(tau) - prior.logsf(tau)})
    return min(x[1] for x in both), min(x[-1] for x in both)


def near(x):
    x = float(x)
    return f"{x!r} ± {max(abs(x) * 1e-6, 1e-9)!r}"


def case(what, kind, form, limit, b, c, pooled=False):
    """`pooled`: the versions' one interval is given as a total, which may hide any number of them."""
    sets = {"b": b, "c": c}
    beliefs = {v: belief(kind, *x) for v, x in sets.items()}

    def criterion(v):
        low, high = beliefs[v].ppf([0.025, 0.975])
        out = {"statistics": {"value": near(sum(sets[v][1]) / sum(sets[v][0])), "ratio_statistics": {
            "credible_interval": {"lower": near(float(low)), "upper": near(float(high))}}}}
        if v == "c":
            out["statistics"]["ratio_statistics"]["probability_of_beating_baseline"] = near(below(beliefs["c"], beliefs["b"], 1))
        if form == "absolute":
            ok, bad = evidence(kind, *sets[v], limit, pooled)
            out["threshold_assessment"] = {"probability_of_satisfying_threshold": near(float(beliefs[v].cdf(limit)))}
            out["evidence"] = {"log_e_satisfied": near(float(ok)), "log_e_violated": near(float(bad))}
        elif v == "c":
            out["threshold_assessment"] = {"probability_of_satisfying_threshold": near(below(beliefs["c"], beliefs["b"], limit))}
        return out

    ratio = {"name": "m", "numerator": "s", "denominator": "iter8_request_count", "preferred_direction": "lower",
             "zero_to_one": kind == "proportion"}
    return {"what": what, "now": "2026-05-04T09:00:00Z", "experiment": {
        "method": "sequential", "start_time": "2026-05-04T08:00:00Z", "service_name": "ferry", "baseline": {"id": "b"},
        "candidates": [{"id": "c"}], "metric_specs": {"counter_metrics": [{"name": "iter8_request_count"}, {"name": "s"}],
                                                      "ratio_metrics": [ratio]},
        "criteria": [{"id": "k", "metric_id": "m", "threshold": {"type": form, "value": limit}}]},
        "observations": {"versions": {v: {"iter8_request_count": n[0], "s": s[0]} if pooled else {"iter8_request_count": n, "s": s}
                                      for v, (n, s) in sets.items()}},
        "reply": {"baseline_assessment": {"criterion_assessments": [criterion("b")]},
                  "candidate_assessments": [{"criterion_assessments": [criterion("c")]}]}}


SETS = {
    "proportion": [([100, 120, 110], [2, 3, 1], [90, 80, 100], [1, 2, 2]), ([400], [8], [380], [19]),
                   ([50, 60], [0, 0], [40, 45], [3, 1]), ([3, 4], [3, 4], [5, 2], [5, 2]), ([1], [0], [1], [1]),
                   ([200] * 6, [2, 30, 1, 22, 4, 9], [210] * 6, [3, 1, 28, 2, 5, 12])],
    "mean": [([100, 120, 110], [1000, 1300, 1050], [90, 80, 100], [980, 850, 1150]), ([400], [4100], [380], [3600]),
             ([50, 50], [500, 500], [40, 40], [500, 500]), ([1], [9], [1], [12]),
             ([150] * 5, [900, 2100, 1700, 1200, 1600], [140] * 5, [1500, 1550, 1380, 1610, 1444])]}
LIMITS = {"proportion": {"absolute": [0.05, 0.3], "relative": [1.0, 1.5]}, "mean": {"absolute": [10, 14], "relative": [0.9, 1.2]}}

if __name__ == "__main__":
    cases = [case(f"{kind} {i}, {form} limit {limit}{', pooled' * pooled}", kind, form, limit, x[:2], x[2:], pooled)
             for kind, sets in SETS.items() for i, x in enumerate(sets) for form, limits in LIMITS[kind].items() for limit in limits
             for pooled in ([False, True] if len(x[0]) == 1 else [False])]
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write("[" + ",\n ".join(json.dumps(c, ensure_ascii=False) for c in cases) + "]\n")
