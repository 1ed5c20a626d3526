#!/usr/bin/python3
"""What the gate itself costs: start-up time, peak memory, and CPU used while a timed half runs.

usage: gate_cost.py BIN_DIR [RUNS]

Prints medians of one run of this script. Compare figures of one machine only.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time


def version_ms(gate):
    start = time.monotonic()
    subprocess.run([gate, "--version"], check=True, stdout=subprocess.DEVNULL)
    return (time.monotonic() - start) * 1e3


def field(pid, name):
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    return 0


def cpu_ns(pid):
    """CPU time of the process so far; schedstat counts nanoseconds where stat counts ticks."""
    with open(f"/proc/{pid}/schedstat") as stat:
        return int(stat.read().split()[0])


def half_is_running(pid):
    """The process id of the sleep that a half consists of, or None between halves."""
    for child in children(pid):
        for workload in children(child):
            try:
                with open(f"/proc/{workload}/comm") as comm:
                    if comm.read().strip() == "sleep":
                        return workload
            except FileNotFoundError:
                pass
    return None


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as listed:
            return [int(word) for word in listed.read().split()]
    except FileNotFoundError:
        return []


def watch(gate, directory):
    """Peak memory in KiB, and CPU nanoseconds spent within each half of one second."""
    options = ["--state-dir", directory + "/state", "--output-dir", directory + "/out",
               "--max-pairs", "4", "--fail-on", "never", "--quiet"]
    process = subprocess.Popen([gate, "ab", *options, "--", "sleep", "1", "--", "sleep", "1"],
                               stdout=subprocess.DEVNULL)
    peak, spent = 0, []
    running, first, last = None, 0, 0
    while process.poll() is None:
        try:
            peak = max(peak, field(process.pid, "VmHWM"))
            now = half_is_running(process.pid)
            if now != running:
                if running is not None:
                    spent.append(last - first)
                running, first = now, cpu_ns(process.pid)
            if now is not None:
                last = cpu_ns(process.pid)
        except (FileNotFoundError, ProcessLookupError):
            break
        time.sleep(0.02)  # the sampling period, not a wait
    process.wait()
    return peak, spent


def main():
    gate = os.path.join(sys.argv[1], "melisai-gate")
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 21
    print(f"--version: {statistics.median(version_ms(gate) for _ in range(runs)):.1f} ms (median of {runs})")
    with tempfile.TemporaryDirectory() as directory:
        peak, spent = watch(gate, directory)
    print(f"peak memory of the gate during ab: {peak / 1024:.1f} MiB")
    print(f"CPU of the gate within a half of 1 s: median {statistics.median(spent) / 1e3:.0f} us, "
          f"most {max(spent) / 1e3:.0f} us ({len(spent)} halves)")


if __name__ == "__main__":
    main()
