"""Writes the reference values of distributions beside this file: `python3 make.py`, with mpmath 1.3, some minutes.

Everything is computed with 30 digits or more from definitions (integrals of densities, mpmath's special functions where
they converge) and never by the algorithms that are tested. Rows are lists of numbers; their meaning stands with each table.
"""
import mpmath as mp

from common import gauss, write


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
