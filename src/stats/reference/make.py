"""Writes the reference values of the unit tests beside this file: `python3 make.py`, with mpmath 1.3, some minutes.

Everything is computed with 30 digits or more from definitions (integrals of densities, mpmath's special functions where
they converge) and never by the algorithms that are tested. Rows are lists of numbers; their meaning stands with each table.
"""
import json
import os
import sys

import mpmath as mp

mp.mp.dps = 30
HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, tables):
    if len(sys.argv) > 1 and name not in sys.argv[1:]:
        return
    path = os.path.join(HERE, name + ".json")
    with open(path, "w") as file:
        file.write("{\n")
        for number, (key, rows) in enumerate(tables().items()):
            file.write(",\n" if number else "")
            file.write(json.dumps(key) + ": [\n")
            file.write(",\n".join("  " + json.dumps([float(value) for value in row]) for row in rows) + "\n]")
        file.write("\n}\n")


def smooth(function, centre, scale, low=-mp.inf, high=mp.inf, reach=14):
    """The integral of a bell times something smooth: panels of two scales, Gauss-Legendre, 30 digits."""
    step = 2 * scale
    low, high = max(low, centre - reach * scale), min(high, centre + reach * scale)
    count = int(mp.ceil((high - low) / step))
    edges = [low + (high - low) * i / count for i in range(count + 1)]
    return mp.quad(function, edges, maxdegree=5)


# --- Gamma: (shape, x, P(X <= x), P(X > x)); (shape, p, quantile) with rate 1

def gamma_tails(shape, x):
    shape, x = mp.mpf(shape), mp.mpf(x)
    if shape < 500:
        return mp.gammainc(shape, 0, x, regularized=True), mp.gammainc(shape, x, mp.inf, regularized=True)
    def density(t):
        return mp.exp((shape - 1) * mp.log(t) - t - mp.loggamma(shape))
    deviation = mp.sqrt(shape)
    mp.mp.dps = 45
    lower = smooth(density, shape, deviation, high=x, low=mp.mpf(0), reach=20)
    upper = smooth(density, shape, deviation, low=x, reach=24)
    mp.mp.dps = 30
    return lower, upper


def gamma():
    tails = [(shape, x) + gamma_tails(shape, x) for shape, x in [
        (0.01, 1e-30), (0.5, 1e-9), (0.5, 0.4), (0.5, 30), (1, 2), (7.3, 1.5), (7.3, 8.4), (30.5, 80), (250.5, 200),
        (999.5, 999), (1000.5, 1100), (5e4, 49000), (1e6, 1003000), (1e9, 999900000), (1e9, 1000200000)]]
    # The other way round: x is given, p computed; no root is sought.
    quantiles = [(shape, gamma_tails(shape, x)[0], x) for shape, x in [
        (0.01, 1e-160), (0.5, 0.0005), (0.5, 2.5), (1, 0.7), (3.5, 0.01), (10.5, 17), (250.5, 220), (1e4, 10196),
        (1e6, 998040), (1e9, 1000061981)]]
    return {"tails": tails, "quantiles": quantiles}


# --- Student: (degrees, t, P(T > t), density at t); (degrees, p, quantile)

def student_density(degrees, t):
    degrees = mp.mpf(degrees)
    log_constant = mp.loggamma((degrees + 1) / 2) - mp.loggamma(degrees / 2) - mp.log(degrees * mp.pi) / 2
    return mp.exp(log_constant - (degrees + 1) / 2 * mp.log1p(mp.mpf(t) ** 2 / degrees))


def student_upper(degrees, t):
    if t > 3:
        edges = [mp.mpf(t) * 2 ** k for k in range(0, 60)] + [mp.inf]
        return mp.quad(lambda s: student_density(degrees, s), edges)
    return mp.mpf(1) / 2 - mp.quad(lambda s: student_density(degrees, s), [0, t])


def student():
    mp.mp.dps = 40
    tails = [(degrees, t, student_upper(degrees, t), student_density(degrees, t)) for degrees, t in [
        (1, 0.5), (1, 1000), (1.5, 2), (2, 1e-3), (2, 3), (2, 1e5), (3, 3.2), (7, 12), (16, 1), (17, 1), (29.4, 2.5),
        (100, 6), (5000, 0.01), (5000, 4), (1e6, 2), (1e9, 3)]]
    quantiles = [(degrees, student_upper(degrees, t), -t) for degrees, t in [
        (1, 12.5), (1.5, 2), (2, 4.5), (2, 0.25), (3, 3.25), (5.5, 120), (9, 0.5), (9, 0.703125), (30, 2.04), (250, 0.025),
        (5000, 1.96), (1e6, 3.1), (1e9, 1.96)]]
    mp.mp.dps = 30
    return {"tails": tails, "quantiles": quantiles}


write("gamma", gamma)
write("student", student)


# --- Superiority. beta: (a, b, c, d, r, P(Beta(a, b) <= r Beta(c, d))); student: twice (mean, scale, degrees), r, P;
# losses: E[(X - Y)+] of the two. Each density and tail along the logit (the value for Student's t), panels of Gauss-Legendre.

def beta_pieces(a, b):
    a, b = mp.mpf(a), mp.mpf(b)
    constant = mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)
    def density(u):
        return mp.exp(constant - a * mp.log1p(mp.exp(-u)) - b * mp.log1p(mp.exp(u)))
    centre, scale = mp.log(a / b), mp.sqrt(1 / a + 1 / b)
    left = 20 * scale if a > 50 else 60 / a + 20 * scale
    right = 20 * scale if b > 50 else 60 / b + 20 * scale
    # Where one shape is far larger, that side falls like exp(-exp(u)): e^8 of the scale are plenty.
    return density, centre, scale, centre - left, centre + right


class Tail:
    """P(X <= place) by interpolation-free panels: integrals of the density from the nearest edge of a table."""

    def __init__(self, density, scale, low, high):
        self.density = density
        step = min(scale, mp.mpf(1.5)) * mp.mpf("1.5")
        count = int(mp.ceil((high - low) / step))
        self.edges = [low + (high - low) * i / count for i in range(count + 1)]
        self.step = (high - low) / count
        self.sums = [mp.mpf(0)]
        for left, right in zip(self.edges, self.edges[1:]):
            self.sums.append(self.sums[-1] + gauss(density, left, right))

    def below(self, place):
        if place <= self.edges[0]:
            return mp.mpf(0)
        if place >= self.edges[-1]:
            return self.sums[-1]
        index = min(int((place - self.edges[0]) / self.step), len(self.edges) - 2)
        return self.sums[index] + gauss(self.density, self.edges[index], place)


def rule(count):
    nodes = []
    for k in range(1, count + 1):
        x = mp.cos(mp.pi * (k - mp.mpf(1) / 4) / (count + mp.mpf(1) / 2))
        for _ in range(8):
            p0, p1 = mp.mpf(1), x
            for n in range(1, count):
                p0, p1 = p1, ((2 * n + 1) * x * p1 - n * p0) / (n + 1)
            slope = count * (x * p1 - p0) / (x * x - 1)
            x -= p1 / slope
        nodes.append((x, 2 / ((1 - x * x) * slope * slope)))
    return nodes


RULE = rule(24)


def gauss(function, left, right):
    middle, half = (left + right) / 2, (right - left) / 2
    return half * mp.fsum(weight * function(middle + half * node) for node, weight in RULE)


def over(function, scale, low, high):
    step = min(scale, mp.mpf(1.5)) * mp.mpf("1.5")
    count = max(1, int(mp.ceil((high - low) / step)))
    edges = [low + (high - low) * i / count for i in range(count + 1)]
    return mp.fsum(gauss(function, left, right) for left, right in zip(edges, edges[1:]))


def beta_at_most(a, b, c, d, r):
    r = mp.mpf(r)
    fx, cx, sx, lx, hx = beta_pieces(a, b)
    fy, cy, sy, ly, hy = beta_pieces(c, d)
    def logit(value):
        return mp.inf if value >= 1 else mp.log(value) - mp.log1p(-value)
    def value(u):
        return 1 / (1 + mp.exp(-u))
    # On the side where the other's argument stays below 1: no kink.
    if r >= 1:
        tail = Tail(fy, sy, ly, hy)
        return over(lambda u: fx(u) * (1 - tail.below(logit(value(u) / r))), min(sx, sy), lx, hx)
    tail = Tail(fx, sx, lx, hx)
    return over(lambda u: fy(u) * tail.below(logit(value(u) * r)), min(sx, sy), ly, hy)


def beta_loss(a, b, c, d):
    fx, cx, sx, lx, hx = beta_pieces(a, b)
    fy, cy, sy, ly, hy = beta_pieces(c, d)
    x, y = Tail(fx, sx, lx, hx), Tail(fy, sy, ly, hy)
    return over(lambda u: (1 - x.below(u)) * y.below(u) / (1 + mp.exp(-u)) / (1 + mp.exp(u)), min(sx, sy), ly, hx)


def student_at_most(m, s, n, m2, s2, n2, r):
    m, s, m2, s2, r = map(mp.mpf, (m, s, m2, s2, r))
    m2, s2 = r * m2, abs(r) * s2
    def below(degrees, t):
        upper = mp.betainc(mp.mpf(degrees) / 2, mp.mpf(1) / 2, 0, degrees / (degrees + t * t), regularized=True) / 2
        return upper if t < 0 else 1 - upper
    if s > s2:
        # E over the narrower one: P(X <= Y) = P(-Y <= -X).
        m, s, n, m2, s2, n2 = -m2, s2, n2, -m, s, n
    # E over X of P(Y > X), X = m + s sinh(v): the trapezoidal rule, which converges exponentially.
    step = mp.mpf(1) / 32
    span = 40 if n < 3 else 15
    def term(v):
        t = mp.sinh(v)
        return student_density(n, t) * mp.cosh(v) * below(n2, (m2 - m - s * t) / s2)
    return step * mp.fsum(term(k * step) for k in range(-span * 32, span * 32 + 1))


def student_excess(m, s, n, m2, s2, n2):
    m, s, m2, s2 = map(mp.mpf, (m, s, m2, s2))
    def upper(degrees, t):
        half = mp.betainc(mp.mpf(degrees) / 2, mp.mpf(1) / 2, 0, degrees / (degrees + t * t), regularized=True) / 2
        return 1 - half if t < 0 else half
    step = mp.mpf(1) / 32
    wide = max(s, s2)
    def term(v):
        x = (m + m2) / 2 + wide * mp.sinh(v)
        return wide * mp.cosh(v) * upper(n, (x - m) / s) * upper(n2, (m2 - x) / s2)
    return step * mp.fsum(term(k * step) for k in range(-70 * 32, 70 * 32 + 1))


def superiority():
    mp.mp.dps = 34
    betas = [row + (beta_at_most(*row),) for row in [
        (3.5, 9.5, 6.5, 8.5, 1), (0.5, 0.5, 0.5, 0.5, 1.25), (0.5, 40.5, 2.5, 300.5, 1), (0.5, 40.5, 2.5, 300.5, 0.4),
        (30.5, 0.5, 25.5, 1.5, 1.01), (30.5, 0.5, 25.5, 1.5, 0.95), (12.5, 4.5, 700.5, 300.5, 1.2), (700.5, 300.5, 12.5, 4.5, 1.2),
        (55.5, 945.5, 40.5, 960.5, 1), (55.5, 945.5, 40.5, 960.5, 1.3), (55.5, 945.5, 40.5, 960.5, 0.7),
        (5.5, 9995.5, 1030.5, 998970.5, 1), (5000.5, 95000.5, 5300.5, 94700.5, 1), (800000.5, 200000.5, 400000.5, 100000.5, 1.001),
        (4.5, 1e9, 2.5, 1e9, 1), (1.5, 1e9, 0.5, 5e8, 2), (1e8, 9e8, 1.0003e8, 8.9997e8, 1), (5e8, 5e8, 2.50005e8, 2.49995e8, 1),
        (1e8, 9e8, 90.5, 910.5, 0.9), (2000.5, 8000.5, 2200.5, 7800.5, 1), (2.5, 0.5, 0.5, 2.5, 1), (900.5, 100.5, 0.5, 1.5, 3)]]
    students = [row + (student_at_most(*row),) for row in [
        (0.3, 1, 2, 0, 1, 2, 1), (100, 2, 3, 103, 1, 9, 1), (100, 2, 3, 103, 1, 9, 1.02), (5, 0.5, 1, 5.5, 3, 1.5, 1),
        (20, 0.01, 2, 25, 4, 2, 0.9), (20, 4, 2, 25, 0.01, 2, 0.7), (20, 4, 2, 25, 0.01, 30, 0.9), (0.1, 0.003, 25, 0.107, 0.004, 14, 1),
        (-3, 1, 4.5, 2, 1, 6, -1.25), (1, 0.1, 5000, 1.3, 0.11, 300, 1)]]
    beta_losses = [row + (beta_loss(*row),) for row in [
        (3.5, 9.5, 6.5, 8.5), (0.5, 40.5, 2.5, 300.5), (30.5, 0.5, 25.5, 1.5), (55.5, 945.5, 40.5, 960.5), (40.5, 960.5, 95.5, 905.5),
        (5000.5, 95000.5, 5300.5, 94700.5), (1e8, 9e8, 1.0003e8, 8.9997e8)]]
    student_losses = [row + (student_excess(*row),) for row in [
        (0.3, 1, 2, 0, 1, 2), (100, 2, 3, 103, 1, 9), (0.1, 0.003, 25, 0.107, 0.004, 14), (20, 1, 4, 25, 4, 2.5)]]
    mp.mp.dps = 30
    return {"beta": betas, "student": students, "beta_loss": beta_losses, "student_loss": student_losses}


write("superiority", superiority)


# --- Best of k. beta: k, k times (a, b), k times P(highest), k times P(among the two highest)

def best_of(pairs):
    pieces = [beta_pieces(a, b) for a, b in pairs]
    tails = [Tail(density, scale, low, high) for density, centre, scale, low, high in pieces]
    narrowest = min(piece[2] for piece in pieces)
    best, best_two = [], []
    for j, (density, _, _, low, high) in enumerate(pieces):
        def term(u, with_two):
            below = [tail.below(u) for i, tail in enumerate(tails) if i != j]
            none = mp.fprod(below)
            one = mp.fsum((1 - below[i]) * mp.fprod(below[:i] + below[i + 1:]) for i in range(len(below)))
            return density(u) * (none + one if with_two else none)
        best.append(over(lambda u: term(u, False), narrowest, low, high))
        best_two.append(over(lambda u: term(u, True), narrowest, low, high))
    return best, best_two


def best():
    mp.mp.dps = 24
    rows = []
    for pairs in [[(12.5, 90.5), (15.5, 88.5), (17.5, 84.5)], [(0.5, 20.5), (1.5, 30.5), (2.5, 40.5)],
                  [(600.5, 9400.5), (64.5, 936.5), (640.5, 9360.5), (7.5, 95.5)], [(1e8, 9e8), (1.0001e8, 8.9999e8), (1.0002e8, 8.9998e8)]]:
        shares, two = best_of(pairs)
        rows.append([len(pairs)] + [value for pair in pairs for value in pair] + shares + two)
    mp.mp.dps = 30
    return {"beta": rows}


# --- Histogram. second_moment: k, k + 1 edges (1e308 for infinity), k counts, sum, least, likely, most (0 for unbounded)

def second_moment(edges, counts, total):
    edges, counts, total = [mp.mpf(e) for e in edges], [mp.mpf(c) for c in counts], mp.mpf(total)
    buckets = [(low, high, count) for low, high, count in zip(edges, edges[1:], counts) if count]
    open_end = buckets[-1][1] > 1e300
    def moments(lam, low, high):
        if high > 1e300:
            return low - 1 / lam, (low - 1 / lam) ** 2 + 1 / lam ** 2
        if lam == 0:
            return (low + high) / 2, (high ** 3 - low ** 3) / 3 / (high - low)
        width = high - low
        norm = mp.expm1(lam * width) / lam
        first = mp.quad(lambda x: x * mp.exp(lam * x), [0, width / 2, width]) / norm
        second = mp.quad(lambda x: x * x * mp.exp(lam * x), [0, width / 2, width]) / norm
        return low + first, low * low + 2 * low * first + second
    def excess(lam):
        return mp.fsum(count * moments(lam, low, high)[0] for low, high, count in buckets) - total
    unit = max(high - low for low, high, _ in buckets if high < 1e300)
    left, right = -mp.mpf(400) / unit, mp.mpf(-1) / unit / 10 ** 9 if open_end else mp.mpf(400) / unit
    lam = mp.findroot(excess, (left, right), solver="anderson", tol=1e-22, maxsteps=300)
    likely = mp.fsum(count * moments(lam, low, high)[1] for low, high, count in buckets)
    def level(height):
        return mp.fsum(count * min(max(height, low), high) for low, high, count in buckets) - total
    low, high = buckets[0][0], total
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if level(middle) < 0 else (low, middle)
    least = mp.fsum(count * min(max(low, bottom), top) ** 2 for bottom, top, count in buckets)
    most, rest = mp.mpf(0), total - mp.fsum(low * count for low, _, count in buckets)
    for bottom, top, count in reversed(buckets):
        moved = min(rest, count * (top - bottom))
        rest -= moved
        most += count * bottom ** 2 + moved * (bottom + top)
    return [len(counts)] + edges + counts + [total, least, likely, 0 if open_end else most]


def histogram():
    return {"second_moment": [second_moment(*row) for row in [
        ([0, 1, 2, 5], [3, 4, 2], 12), ([0, 0.01, 0.05, 0.1, 0.5, 1], [5, 60, 130, 40, 3], 25.1), ([0, 100, 300], [50, 50], 12500),
        ([0, 10, 20, 40], [70, 0, 30], 900.5), ([0, 1, 3, 10, 1e308], [10, 20, 30, 4], 300), ([0, 1, 10], [1, 1], 1.5)]]}


write("best", best)
write("histogram", histogram)


# --- Evidence. ln_lower_tail: a, b, x, ln P(Beta(a, b) <= x); bernoulli: trials, events, limit, ln E within, ln E beyond;
# bernoulli_confidence_sequence: trials, events, alpha, lower, upper; t_process: degrees and variance of the prior, three kappas,
# ln E within, ln E beyond, then pairs of effect and weight; t_confidence_sequence: three kappas, alpha, lower, upper, pairs;
# rate_ratio: limit, ln E within, ln E beyond, then strata (exposure and events of the base, of the other);
# rate_ratio_confidence_sequence: alpha, lower, upper, strata; odds_ratio: ln E within, ln E beyond, strata;
# quantile_bounds: count, quantile, alpha, first count, the bounds of one, of all, of the distribution function;
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


def quantile_bounds(t, p, alpha, first):
    t, p, alpha, first = mp.mpf(t), mp.mpf(p), mp.mpf(alpha), mp.mpf(first)
    ell = (mp.mpf("1.4") * mp.log(mp.log(mp.mpf("2.1") * t)) + mp.log(10 / alpha)) / t
    one = mp.mpf("1.5") * mp.sqrt(p * (1 - p) * ell) + mp.mpf("0.8") * ell
    odds, late, s, zeta = p / (1 - p), max(t, first) / first, mp.mpf("1.4"), mp.zeta(mp.mpf("1.4"))
    moved = odds * mp.exp(mp.sqrt(2 / late))
    r = p if 2 * p >= 1 else min(mp.mpf(1) / 2, moved / (1 + moved))
    ell = s * mp.log(mp.log(2 * late)) + s * mp.log(mp.sqrt(late) * abs(mp.log(odds)) + 1) + mp.log(
        2 * zeta * (2 * zeta + 1) / (alpha * mp.log(2) ** s))
    skew = (mp.sqrt(2) + 1) / 2 * (1 - 2 * p) / 3 * ell
    k1 = (mp.root(2, 4) + 1 / mp.root(2, 4)) / mp.sqrt(2)
    every = mp.sqrt(2 * late * r * (1 - r)) / 2 + mp.sqrt(k1 ** 2 * r * (1 - r) * late * first * ell + skew ** 2) + skew
    width = mp.mpf("0.85")
    def ln_chance(eta, c):
        square = 2 / eta * (width - mp.sqrt(2 * (eta - 1) / c)) ** 2
        return mp.log(4) - square * c + mp.log1p(1 / ((square - 1) * mp.log(eta)))
    # The stationary point over eta and the level together.
    guess = mp.log(4 / alpha) * 2
    eta, c = mp.findroot(lambda eta, c: [mp.diff(lambda e: ln_chance(e, c), eta), ln_chance(eta, c) - mp.log(alpha)],
                         (1 + mp.mpf("0.006") * guess / 8, guess))
    return one, every, width * mp.sqrt((mp.log(1 + mp.log(t / first)) + c) / t)


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
    bounds = [row + tuple(quantile_bounds(*row)) for row in [
        (250, 0.5, 0.05, 1), (4000, 0.9375, 0.01, 32), (70000, 0.25, 0.05, 500), (1e6, 0.9990234375, 0.001, 1000), (40, 0.125, 0.1, 1)]]
    fixed = [fixed_shares(counts, shares) + counts + shares for counts, shares in [
        ([40, 60], [0.5, 0.5]), ([4100, 1950, 1990], [0.5, 0.25, 0.25]), ([9990, 5, 40], [0.984375, 0.0078125, 0.0078125]),
        ([500010000, 499990000], [0.5, 0.5]), ([3, 0], [0.75, 0.25])]]
    changing = [[changing_shares(intervals)] + [value for interval in intervals for value in interval] for intervals in [
        [(950, 70, 0.0625), (880, 130, 0.125), (700, 310, 0.25)], [(500, 500, 0.5), (240, 760, 0.75)], [(9, 0, 0.125)], [(5200, 4800, 0.5), (5100, 4950, 0.5)]]]
    return {"ln_lower_tail": tails, "bernoulli": bernoulli, "bernoulli_confidence_sequence": ends, "t_process": t,
            "t_confidence_sequence": t_cs, "rate_ratio": rates, "rate_ratio_confidence_sequence": rate_ends, "odds_ratio": odds, "quantile_bounds": bounds,
            "fixed_shares": fixed, "changing_shares": changing}


write("evidence", evidence)
