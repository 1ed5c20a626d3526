#!/usr/bin/python3
"""What collectors cost: start of five workers, their memory, and whether they touch timed pairs.

usage: worker_cost.py BIN_DIR [ROUNDS]

Prints medians and ratios of one run of this script. Compare figures of one machine only.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

WORKERS = 5


def plugin_dir(bin_dir, scratch):
    """A gate of its own with copies of `quiet`, so that five workers run together with the two shipped ones left out."""
    source = os.path.join(bin_dir, "..", "lib", "melisai-gate", "plugins", "quiet.so")
    root = os.path.join(scratch, "root")
    for folder in ("bin", "lib/melisai-gate/plugins"):
        os.makedirs(os.path.join(root, folder), mode=0o755)
    for name in os.listdir(bin_dir):
        if name.startswith("melisai-gate"):
            shutil.copy2(os.path.join(bin_dir, name), os.path.join(root, "bin", name))
    for number in range(WORKERS):
        # A name of its own for each, since of two collectors with one name only the first is kept.
        with open(source, "rb") as library:
            code = library.read().replace(b"quiet", b"quie%d" % number)
        copy = os.path.join(root, "lib/melisai-gate/plugins", f"quiet{number}.so")
        with open(copy, "wb") as library:
            library.write(code)
        os.chmod(copy, 0o644)
    return os.path.join(root, "bin", "melisai-gate")


def seconds(command):
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start


def workers():
    """Pids of running workers."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as command:
                if b"melisai-gate-worker" in command.read().split(b"\0")[0]:
                    found.append(int(pid))
        except OSError:
            pass
    return found


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        for line in rollup:
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def memory(gate, scratch):
    run = subprocess.Popen([gate, "ab", "--quiet", "--max-pairs", "4", "--state-dir", scratch + "/m", "--output-dir",
                            scratch + "/mo", "--", "sleep 1", "--", "sleep 1"], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while len(workers()) < 2 * WORKERS and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.5)
    sizes = [pss_kib(pid) for pid in workers()]
    run.wait()
    return sizes


def wall_times(gate, scratch, collectors):
    state = tempfile.mkdtemp(dir=scratch)
    subprocess.run([gate, "ab", "--quiet", "--collectors", collectors, "--max-pairs", "8", "--threshold", "0.1%",
                    "--state-dir", state, "--output-dir", state + "/out", "--",
                    "gzip -9 < " + scratch + "/data", "--", "gzip -9 < " + scratch + "/data"],
                   check=True, stdout=subprocess.DEVNULL)
    lines = subprocess.run([gate, "runs", "--pairs", "last", "--state-dir", state], check=True, capture_output=True,
                           text=True).stdout
    pairs = [json.loads(line) for line in lines.splitlines()]
    return {metric: [value for pair in pairs if pair["series"] == "ab/" + metric for value in (pair["a"], pair["b"])]
            for metric in ("wall_time", "cpu_time")}


def main():
    bin_dir = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        with open(scratch + "/data", "wb") as data:
            for number in range(300_000):
                data.write(b"%d\n" % (number * number))
        gate = plugin_dir(bin_dir, scratch)
        empty = os.path.join(scratch, "empty/bin")
        os.makedirs(empty)
        for name in os.listdir(os.path.dirname(gate)):
            shutil.copy2(os.path.join(os.path.dirname(gate), name), os.path.join(empty, name))
        with_workers, without = [], []
        for _ in range(rounds):
            with_workers.append(seconds([gate, "plugins"]) * 1e3)
            without.append(seconds([os.path.join(empty, "melisai-gate"), "plugins"]) * 1e3)
        a, b = statistics.median(without), statistics.median(with_workers)
        print(f"start, question and end of {WORKERS} workers: {b - a:.1f} ms (medians of {rounds}: {a:.1f} without, "
              f"{b:.1f} with)")
        sizes = memory(gate, scratch)
        print(f"PSS of a worker and its supervisor: {sum(sizes) / WORKERS / 1024:.2f} MiB, mean of {WORKERS}")
        on, off = {}, {}
        for _ in range(rounds // 3 + 1):
            for where, collectors in ((on, "on"), (off, "off")):
                for metric, values in wall_times(gate, scratch, collectors).items():
                    where.setdefault(metric, []).extend(values)
        for metric in on:
            ratio = statistics.median(on[metric]) / statistics.median(off[metric])
            print(f"timed halves, {metric}: with {WORKERS} workers x{ratio:.4f} of without "
                  f"({len(on[metric])} halves each, interleaved)")


if __name__ == "__main__":
    main()
