"""Writes the reference values of evidence beside this file: `python3 make_evidence.py`, with mpmath 1.3, some minutes.

Computed with 30 digits or more from definitions, and never by the algorithms that are tested, as in `make.py`.
"""
import mpmath as mp

from common import gauss, write


# --- Evidence. ln_lower_tail: a, b, x, ln P(Beta(a, b) <= x); bernoulli: trials, events, limit, ln E within, ln E beyond;
# bernoulli_confidence_sequence: trials, events, alpha, lower, upper; t_process: degrees and variance of the prior, three kappas,
# ln E within, ln E beyond, then pairs of effect and weight; t_confidence_sequence: three kappas, alpha, lower, upper, pairs;
# rate_ratio: limit, ln E within, ln E beyond, then strata (exposure and events of the base, of the other);
# rate_ratio_confidence_sequence: alpha, lower, upper, strata; odds_ratio: ln E within, ln E beyond, strata;
# quantile_bounds: count, quantile, alpha, the bound;
# fixed_shares: chi squared, p, ln E, counts, shares; changing_shares: ln E, then (base, other, share)

def ln_beta_integral(a, b, low, high):
    """ln of the integral of p^(a - 1) (1 - p)^(b - 1), along the logit, its largest value taken out."""
    a, b = mp.mpf(a), mp.mpf(b)
    def logit(p):
        return -mp.inf if p <= 0 else mp.inf if p >= 1 else mp.log(p) - mp.log1p(-p)
    def log(u):
        return -a * mp.log1p(mp.exp(-u)) - b * mp.log1p(mp.exp(u))
    low, high = logit(mp.mpf(low)), logit(mp.mpf(high))
    mode = min(max(mp.log(a / b), low), high)
    x = 1 / (1 + mp.exp(-mode))
    step = min(1 / mp.sqrt((a + b) * x * (1 - x)), 1 / (abs(a - (a + b) * x) + mp.mpf(10) ** -30), mp.mpf(1))
    total = mp.mpf(0)
    for way in (-1, 1):
        left, pace = mode, step
        while True:
            right = left + way * pace
            right = max(right, low) if way < 0 else min(right, high)
            if right == left:
                break
            part = abs(gauss(lambda u: mp.exp(log(u) - log(mode)), left, right))
            total += part
            if part < total * mp.mpf(10) ** -32:
                break
            left, pace = right, min(pace * mp.mpf("1.1"), 1)
    return log(mode) + mp.log(total)


def bernoulli_evidence(trials, events, limit):
    s, f, tau, half = mp.mpf(events), mp.mpf(trials) - events, mp.mpf(limit), mp.mpf(1) / 2
    null = s * mp.log(tau) + f * mp.log1p(-tau)
    return [ln_beta_integral(s + half, f + half, *ends) - ln_beta_integral(half, half, *ends) - null for ends in [(0, tau), (tau, 1)]]


def ln_beta_ratio(events, others):
    half = mp.mpf(1) / 2
    return mp.log(mp.beta(events + half, others + half)) - mp.log(mp.pi)


def bisect(function, low, high):
    rises = function(high) > 0
    for _ in range(140):
        middle = (low + high) / 2
        low, high = (low, middle) if (function(middle) > 0) == rises else (middle, high)
    return (low + high) / 2


def bernoulli_ends(trials, events, alpha):
    s, f, alpha = mp.mpf(events), mp.mpf(trials) - events, mp.mpf(alpha)
    def excess(p):
        return ln_beta_ratio(s, f) - (s * mp.log(p) if s else 0) - (f * mp.log1p(-p) if f else 0) + mp.log(alpha)
    tiny = mp.mpf(10) ** -25
    lower = bisect(excess, tiny, s / (s + f) - tiny) if s else 0
    upper = bisect(excess, s / (s + f) + tiny, 1 - tiny) if f else 1
    return lower, upper


def t_moments(pairs):
    pairs = [(mp.mpf(d), mp.mpf(w)) for d, w in pairs]
    weight = mp.fsum(w for _, w in pairs)
    mean = mp.fsum(w * d for d, w in pairs) / weight
    return len(pairs), weight, mean, mp.fsum(w * (d - mean) ** 2 for d, w in pairs)


def t_evidence(degrees, variance, kappas, pairs):
    """The ratio of two integrals over the deviation, of the likelihood with the effect's half normal prior and without effect."""
    m, weight, mean, scatter = t_moments(pairs)
    noise = mp.mpf(degrees) * mp.mpf(variance) + scatter + weight * mean ** 2
    def over_deviation(factor):
        centre = mp.log(noise / (degrees + m)) / 2
        def term(u):
            return mp.exp(-(degrees + m) * (u - centre) - noise / 2 * mp.exp(-2 * u) + factor(mp.exp(u)))
        return mp.log(mp.quad(term, [centre + mp.mpf(k) / 2 for k in range(-24, 121)]))
    sides = []
    for side in (-1, 1):
        es = []
        for kappa in kappas:
            kappa = mp.mpf(kappa)
            g = 1 + kappa ** 2 * weight
            def factor(sigma):
                gain = weight * mean ** 2 * (1 - 1 / g) / (2 * sigma ** 2)
                return gain - mp.log(g) / 2 + mp.log(mp.erfc(-side * mean * kappa * weight / (mp.sqrt(2 * g) * sigma)))
            es.append(mp.exp(over_deviation(factor) - over_deviation(lambda sigma: 0)))
        sides.append(mp.log(mp.fsum(es) / len(es)))
    return sides


def t_ends(kappas, alpha, pairs):
    m, weight, mean, scatter = t_moments(pairs)
    def excess(distance):
        square = weight * distance ** 2
        gs = [1 + mp.mpf(kappa) ** 2 * weight for kappa in kappas]
        return mp.fsum(g ** mp.mpf(-0.5) * ((scatter + square) / (scatter + square / g)) ** (mp.mpf(m) / 2) for g in gs) / 3 - 1 / mp.mpf(alpha)
    half = bisect(excess, mp.mpf(0), mp.sqrt(scatter) * 10 ** 6)
    return mean - half, mean + half


def strata_of(row):
    return [[mp.mpf(value) for value in row[k:k + 4]] for k in range(0, len(row), 4)]


def mixture(log_at):
    weights = [mp.exp(-(mp.mpf(k) / 8 / mp.mpf("0.7")) ** 2 / 2) for k in range(1, 25)]
    return [mp.log(mp.fsum(w * mp.exp(log_at(way * mp.mpf(k) / 8)) for k, w in zip(range(1, 25), weights)) / mp.fsum(weights))
            for way in (-1, 1)]


def ln_chances(strata, ratio):
    total = mp.mpf(0)
    for base, base_events, other, events in strata:
        total += events * mp.log(other * ratio / (other * ratio + base)) + base_events * mp.log(base / (other * ratio + base))
    return total


def rate_ratio_evidence(limit, row):
    strata = strata_of(row)
    return mixture(lambda step: ln_chances(strata, mp.mpf(limit) * mp.exp(step)) - ln_chances(strata, mp.mpf(limit)))


def rate_ratio_ends(alpha, row):
    strata = strata_of(row)
    first = strata[0][2] / strata[0][0]
    def log(v):
        return ln_chances(strata, mp.exp(v))
    top = mp.findroot(lambda v: mp.diff(log, v), mp.log(mp.fsum(s[3] for s in strata) / mp.fsum(s[1] for s in strata)))
    def term(v):
        odds = first * mp.exp(v)
        return mp.exp(log(v) - log(top)) * mp.sqrt(odds) / (1 + odds) / mp.pi
    total = mp.quad(term, [top + mp.mpf(k) / 4 for k in range(-80, 81)])
    def excess(v):
        return log(top) + mp.log(total) - log(v) + mp.log(mp.mpf(alpha))
    return mp.exp(bisect(excess, top - 30, top)), mp.exp(bisect(excess, top, top + 30))


def odds_ratio_evidence(row):
    def log_at(step):
        total, odds = mp.mpf(0), mp.exp(step)
        for base, base_events, other, events in zip(*[iter(row)] * 4):
            both = base_events + events
            ways = mp.fsum(mp.binomial(other, x) * mp.binomial(base, both - x) * odds ** x for x in range(max(0, both - base), min(other, both) + 1))
            total += events * step - mp.log(ways) + mp.log(mp.binomial(base + other, both))
        return total
    return mixture(log_at)


def fixed_shares(counts, shares):
    total = mp.fsum(counts)
    shares = [mp.mpf(share) for share in shares]
    chi = mp.fsum((count - total * share) ** 2 / (total * share) for count, share in zip(counts, shares))
    p = mp.gammainc(mp.mpf(len(counts) - 1) / 2, chi / 2, mp.inf, regularized=True)
    ln_e = mp.loggamma(100) - mp.loggamma(100 + total) + mp.fsum(
        mp.loggamma(100 * share + count) - mp.loggamma(100 * share) - count * mp.log(share) for count, share in zip(counts, shares))
    return [chi, p, ln_e]


def changing_shares(intervals):
    steps = [mp.mpf(k) / 20 for k in range(-20, 21) if k]
    weights = [mp.exp(-(step / mp.mpf("0.2")) ** 2 / 2) for step in steps]
    es = []
    for step in steps:
        log = mp.mpf(0)
        for base, other, share in intervals:
            share = mp.mpf(share)
            tilted = share * mp.exp(step) / (1 - share + share * mp.exp(step))
            log += other * mp.log(tilted / share) + base * mp.log((1 - tilted) / (1 - share))
        es.append(mp.exp(log))
    return mp.log(mp.fsum(w * e for w, e in zip(weights, es)) / mp.fsum(weights))


def quantile_bound(t, p, alpha):
    t, p, alpha = mp.mpf(t), mp.mpf(p), mp.mpf(alpha)
    ell = (mp.mpf("1.4") * mp.log(mp.log(mp.mpf("2.1") * t)) + mp.log(10 / alpha)) / t
    return mp.mpf("1.5") * mp.sqrt(p * (1 - p) * ell) + mp.mpf("0.8") * ell


def evidence():
    mp.mp.dps = 50
    half = mp.mpf(1) / 2
    tails = [(a, b, x, ln_beta_integral(a, b, 0, x) - ln_beta_integral(a, b, 0, 1)) for a, b, x in [
        (2.5, 7.5, 0.25), (400.5, 600.5, 0.0625), (5e3, 5e3, 0.25), (2e6, 8e6, 0.1875), (5e8, 5e8, 0.4990234375), (900, 0.5, 0.125),
        (300.5, 1e9, 1e-9)]]
    bernoulli = [row + tuple(bernoulli_evidence(*row)) for row in [
        (0, 0, 0.1), (7, 0, 0.03125), (60, 2, 0.25), (60, 40, 0.25), (2500, 90, 0.03125), (2500, 60, 0.03125), (4e4, 5500, 0.125),
        (300, 300, 0.9375), (12.5, 1.75, 0.0625), (1e6, 0, 1e-9), (1e9, 3, 1e-9), (1e9, 30, 1e-9), (1e9, 250030000, 0.25),
        (1e9, 249900000, 0.25)]]
    ends = [row + tuple(bernoulli_ends(*row)) for row in [
        (40, 0, 0.05), (40, 40, 0.01), (40, 7, 0.05), (1000, 1, 0.01), (1000, 997, 0.05), (9.5, 2.5, 0.1), (1e9, 0, 0.05), (1e9, 2, 0.05),
        (1e9, 3e8, 0.01)]]
    few, many = [(1.5, 100), (-0.5, 140)], [(0.25 + ((7 * k) % 11 - 5) / 16, 50 + (13 * k) % 37) for k in range(30)]
    mp.mp.dps = 30
    t = [list(head) + t_evidence(head[0], head[1], head[2:5], pairs) + [value for pair in pairs for value in pair] for head, pairs in [
        ((0, 0, 0.125, 0.25, 0.5), few), ((4, 0.75, 0.0625, 0.125, 0.25), [(2.5, 30)]), ((2, 400, 0.125, 0.5, 2), few),
        ((0, 0, 0.125, 0.5, 2), many), ((2, 6, 0.125, 0.5, 2), many), ((2, 6, 0.125, 0.5, 2), [(-d, w) for d, w in many[:7]])]]
    t_cs = [list(head) + list(t_ends(head[:3], head[3], pairs)) + [value for pair in pairs for value in pair] for head, pairs in [
        ((0.125, 0.5, 2, 0.05), many), ((0.125, 0.5, 2, 0.01), many[:8]), ((0.03125, 0.0625, 0.125, 0.05), many[:20])]]
    moving = [1800, 30, 200, 9, 1500, 18, 500, 11, 900, 25, 1100, 20, 400, 2, 1600, 14]
    rates = [[limit] + rate_ratio_evidence(limit, row) + row for limit, row in [
        (1, moving), (1.25, moving), (0.5, [100, 3, 100, 0]), (2, [5e8, 600, 1e3, 0, 5e8, 500, 1e8, 190]), (1, [50, 2.5, 75, 6.25])]]
    rate_ends = [[alpha] + list(rate_ratio_ends(alpha, row)) + row for alpha, row in [
        (0.05, moving), (0.01, moving[:4]), (0.05, [1000, 2, 1000, 1]), (0.05, [1e6, 5000, 2e6, 9000, 1e6, 100, 1e4, 1])]]
    odds = [odds_ratio_evidence(row) + row for row in [
        [20, 3, 25, 9], [300, 100, 40, 22, 150, 40, 160, 61, 90, 90, 80, 79], [1500, 450, 1400, 470, 900, 20, 3000, 80], [5, 0, 7, 7]]]
    bounds = [row + (quantile_bound(*row),) for row in [
        (250, 0.5, 0.05), (4000, 0.9375, 0.01), (70000, 0.25, 0.05), (1e6, 0.9990234375, 0.001), (40, 0.125, 0.1)]]
    fixed = [fixed_shares(counts, shares) + counts + shares for counts, shares in [
        ([40, 60], [0.5, 0.5]), ([4100, 1950, 1990], [0.5, 0.25, 0.25]), ([9990, 5, 40], [0.984375, 0.0078125, 0.0078125]),
        ([500010000, 499990000], [0.5, 0.5]), ([3, 0], [0.75, 0.25])]]
    changing = [[changing_shares(intervals)] + [value for interval in intervals for value in interval] for intervals in [
        [(950, 70, 0.0625), (880, 130, 0.125), (700, 310, 0.25)], [(500, 500, 0.5), (240, 760, 0.75)], [(9, 0, 0.125)], [(5200, 4800, 0.5), (5100, 4950, 0.5)]]]
    return {"ln_lower_tail": tails, "bernoulli": bernoulli, "bernoulli_confidence_sequence": ends, "t_process": t,
            "t_confidence_sequence": t_cs, "rate_ratio": rates, "rate_ratio_confidence_sequence": rate_ends, "odds_ratio": odds, "quantile_bounds": bounds,
            "fixed_shares": fixed, "changing_shares": changing}


write("evidence", evidence)
