"""The figures of a load run as medians over its rounds, and as ratios to Bolt for JavaScript."""
import re
import statistics
import sys

figures = {}
for line in open(sys.argv[1]):
    what, name, said = line.split("|")
    p50, p99, rate = re.search(r"p50 ([\d.]+)ms p99 ([\d.]+)ms .*Requests/sec: +([\d.]+)", said).groups()
    figures.setdefault(what, {}).setdefault(name, []).append((float(p50), float(p99), float(rate)))
for what, by_name in figures.items():
    print(f"\n{what:<16} {'p50 ms':>8} {'p99 ms':>8} {'req/s':>8}   p99 and rate against bolt-js")
    median = {name: [statistics.median(column) for column in zip(*rounds)] for name, rounds in by_name.items()}
    base = median["bolt-js"]
    for name, (p50, p99, rate) in median.items():
        print(f"  {name:<14} {p50:8.2f} {p99:8.2f} {rate:8.0f}   {p99 / base[1]:.2f}×  {rate / base[2]:.2f}×")
