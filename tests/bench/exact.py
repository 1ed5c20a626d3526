#!/usr/bin/env python3
"""Are instruction counts judged right? tests/bench/exact.py BIN_DIR [REPEATS [LOOPS]]

Compares a program of about 50 ms with itself REPEATS times (200), and with one that executes 0.5 % more instructions a tenth as often, at a
threshold of 0.25 %, with `melisai-gate ab`. The program is like many: strings, a hash table, a map, memory, and a loop of LOOPS rounds
(12000000), which is most of it. Fails when a repeat with itself is called anything but clear, or an increase anything but regressed, and when
either took more than 3 runs of a side."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

SOURCE = r"""
#include <cstdlib>
#include <map>
#include <string>
#include <unordered_map>
volatile unsigned long sink;
int main(int, char** argv) {
  std::unordered_map<std::string, int> seen;
  std::map<std::string, int> sorted;
  for (unsigned i = 0, n = 1; i < 2000; ++i) {
    n = n * 1664525u + 1013904223u;
    ++seen["a key that is no short string " + std::to_string(n % 500)];
    ++sorted[std::to_string(n % 700)];
  }
  for (long rounds = std::atol(argv[1]); rounds > 0; --rounds) sink = sink * 1664525u + 1;
  return seen.size() + sorted.size() == 0;
}
"""
SHARE = 0.005
RUNS_MAX = 3


def instructions_of(program, loops, scratch):
    out = os.path.join(scratch, "callgrind.out")
    subprocess.run(["valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={out}", program, str(loops)], check=True)
    with open(out, encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(("summary:", "totals:")))


def compared(gate, commands, scratch):
    # A directory of its own: no report of an earlier run is taken for this one's.
    out = tempfile.mkdtemp(dir=scratch)
    words = [gate, "ab", "-C", scratch, "--exact", "on", "--collectors", "off", "--explain", "off", "--threshold", "0.25%",
             "--max-pairs", "4", "--budget", "1s", "--output-dir", out, "--state-dir", os.path.join(scratch, "state"), "--quiet"]
    for command in commands:
        words += ["--", *command]
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900, check=False)
    with open(os.path.join(out, "report.json"), encoding="utf-8") as file:
        rows = json.load(file)["benchmarks"]
    shutil.rmtree(out)
    return next(row for row in rows if row["metric"] == "instructions")


def main():
    gate = os.path.join(os.path.abspath(sys.argv[1]), "melisai-gate")
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    loops = int(sys.argv[3]) if len(sys.argv) > 3 else 12_000_000
    with tempfile.TemporaryDirectory(dir=".") as directory:
        scratch = os.path.abspath(directory)
        program = os.path.join(scratch, "work")
        with open(program + ".cpp", "w", encoding="utf-8") as file:
            file.write(SOURCE)
        subprocess.run([os.environ.get("CXX", "g++"), "-O1", program + ".cpp", "-o", program], check=True)
        whole = instructions_of(program, loops, scratch)
        of_loop = (whole - instructions_of(program, 0, scratch)) / loops
        more = loops + round(SHARE * whole / of_loop)
        wrong = 0
        for name, rounds, expected, times in [("itself", loops, "clear", repeats), ("0.5 % more", more, "regressed", max(1, repeats // 10))]:
            decisions, runs = {}, 0
            for _ in range(times):
                row = compared(gate, [[program, str(loops)], [program, str(rounds)]], scratch)
                decisions[row["decision"]] = decisions.get(row["decision"], 0) + 1
                runs = max(runs, row["base"]["values"], row["head"]["values"])
            wrong += times - decisions.get(expected, 0) + (runs > RUNS_MAX)
            print(f"{name}: {times} times {whole} instructions, {decisions}, at most {runs} runs of a side", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
