#!/usr/bin/env python3
"""The lines of Python in docs/statistics.md become numbers, which must be those that stand behind them.

    python3 examples.py ../../docs/statistics.md

Indented blocks run one after the other in one namespace. Behind an expression `# 0.012, 3.4` says what it gives, each number
to the digits shown; `a .. b` are the ends of an interval, `all 2.9957` is each of them, and what follows a colon is prose.

Not here: the numbers in the prose itself.
"""
import ast
import re
import sys

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def flat(value):
    try:
        return [number for part in value for number in flat(part)]
    except TypeError:
        return [float(value)]


def half_a_digit(shown):
    digits, _, power = shown.partition("e")
    return 0.5 * 10.0 ** (int(power or 0) - len(digits.partition(".")[2])) * 1.001


def blocks(text):
    """The indented code of the page, a block at a time."""
    for block in re.findall(r"(?:^ {4}.*\n|^\s*\n)+", text, re.M):
        code = re.sub(r"^ {4}", "", block, flags=re.M).strip("\n")
        if code and not code.startswith("iter8-analytics"):
            yield code


def claims(code):
    """(expression or statement, what the comment at its end says) in order."""
    for node in ast.parse(code).body:
        lines = code.splitlines()[node.lineno - 1:node.end_lineno]
        comment = lines[-1].partition("#")[2].partition(":")[0]
        yield node, comment.strip()


def main(path):
    page = open(path, encoding="utf-8").read()
    known, checked, wrong = {}, 0, []
    for code in blocks(page):
        try:
            steps = list(claims(code))
        except SyntaxError:
            continue
        for node, comment in steps:
            source = ast.unparse(node)
            if not isinstance(node, ast.Expr):
                exec(source, known)
                continue
            found, shown = flat(eval(source, known)), NUMBER.findall(comment)
            if comment.startswith("all"):
                shown = shown * len(found)
            checked += len(shown)
            if len(found) != len(shown) or any(abs(a - float(b)) > half_a_digit(b) for a, b in zip(found, shown)):
                wrong.append(f"{source}\n    gives {found}, the page says {comment!r}")
    print("\n".join(wrong) or f"{checked} numbers of the page are what its Python gives")
    # A page whose blocks are no longer found would pass for ever.
    return 1 if wrong or checked < MINIMUM else 0


MINIMUM = 25

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
