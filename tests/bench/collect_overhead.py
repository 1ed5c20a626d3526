#!/usr/bin/env python3
"""What watching a host costs: `melisai-gate collect` beside a busy program, against the program alone.

usage: collect_overhead.py BIN_DIR [ROUNDS] [PROFILE...]
Runs of a round follow each other in random order, so that the ratios of one line come from the same minutes. Prints CPU
time and memory as the reports say them, and the work a busy program got done with and without a watcher.
"""
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

WORK = """
import sys, time
end = time.monotonic() + float(sys.argv[1])
done = 0
while time.monotonic() < end:
    for _ in range(20000):
        pass
    done += 1
print(done)
"""


def run(gate, profile, seconds, report):
    """Units of work that the program got done while `profile` watched; None: nobody."""
    watcher = None
    if profile:
        watcher = subprocess.Popen([gate, "collect", "-q", "--profile", profile, "--duration", f"{seconds}s", "-o", report])
        time.sleep(0.2)  # the workers are being loaded
    busy = subprocess.run([sys.executable, "-c", WORK, str(seconds - 0.5)], capture_output=True, text=True, check=True)
    if watcher:
        watcher.wait(timeout=120)
    return int(busy.stdout)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    gate = os.path.join(sys.argv[1], "melisai-gate")
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    profiles = sys.argv[3:] or ["quick", "standard"]
    seconds = 10
    alone, watched, costs = [], {p: [] for p in profiles}, {p: [] for p in profiles}
    with tempfile.TemporaryDirectory() as scratch:
        report = os.path.join(scratch, "report.json")
        for _ in range(rounds):
            for profile in random.sample([None] + profiles, len(profiles) + 1):
                done = run(gate, profile, seconds, report)
                if not profile:
                    alone.append(done)
                    continue
                watched[profile].append(done)
                with open(report, encoding="utf-8") as file:
                    metadata = json.load(file)["metadata"]
                cost = metadata["observer_overhead"]
                costs[profile].append((
                    (cost["cpu_user_ms"] + cost["cpu_system_ms"]) / 10 / metadata["window_seconds"],
                    cost["memory_pss_bytes"] / 2**20,
                    cost["context_switches"]))
    base = statistics.median(alone)
    print(f"windows of {seconds} s, {rounds} rounds, medians")
    print(f"nobody watches: work x1.000 ({min(alone) / base:.3f} to {max(alone) / base:.3f})")
    for profile in profiles:
        cpu, pss, switches = (statistics.median(column) for column in zip(*costs[profile]))
        ratio = statistics.median(watched[profile]) / base
        print(f"{profile}: {cpu:.2f} % of one CPU, {pss:.1f} MiB (PSS), {switches:.0f} context switches, work x{ratio:.3f}")


if __name__ == "__main__":
    main()
