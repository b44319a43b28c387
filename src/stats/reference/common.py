"""Tables as JSON beside this file (with names as arguments only those are made anew), and Gauss and Legendre's rule."""
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
