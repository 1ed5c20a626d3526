#!/usr/bin/env python3
"""Are causes named right? tests/bench/causes.py BIN_DIR [CASE...]

Builds tests/bench/slower.cpp with the compiler in CXX (g++), compares base and head of each of its cases with `melisai-gate ab`, and prints
what was said: verdict, class, and whether the guilty function is among the first three. Needs what eBPF needs; valgrind helps."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent / "slower.cpp"
# What a case calls to do it, and what the compiler makes of lambdas.
ALSO_GUILTY = {
    "touch_more": ["touch("], "fresh_buffers": ["touch("], "hold_lock": ["wait_for_lock"], "write_more": ["write_bytes"],
    "read_again": ["write_bytes"], "slower_child": ["work("], "slower_server": ["work("], "longer_serial_phase": ["work("]}


def compared(gate, program, case, scratch):
    out = os.path.join(scratch, case)
    words = [gate, "ab", "-C", scratch, "--explain", "regressions", "--threshold", "10%", "--max-pairs", "40", "--output-dir", out,
             "--state-dir", os.path.join(scratch, "state"), "--quiet", "--", program, case, "base", "--", program, case, "head"]
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900, check=False)
    with open(os.path.join(out, "report.json"), encoding="utf-8") as file:
        return json.load(file)


def main():
    gate = os.path.join(os.path.abspath(sys.argv[1]), "melisai-gate")
    with tempfile.TemporaryDirectory(dir=".") as directory:
        scratch = os.path.abspath(directory)
        program = os.path.join(scratch, "slower")
        subprocess.run([os.environ.get("CXX", "g++"), "-std=c++20", "-O1", "-g", "-fno-omit-frame-pointer", "-pthread", str(SOURCE), "-o",
                        program], check=True)
        cases = [line.split() for line in subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()]
        right = {"verdict": 0, "class": 0, "function": 0}
        cases = [(case, cause) for case, cause in cases if case in sys.argv[2:] or not sys.argv[2:]]
        print("| case | class | said | function | seconds | sentence |\n|---|---|---|---|--:|---|")
        for case, cause in cases:
            report = compared(gate, program, case, scratch)
            evidence = (report["evidence"] or [{"class": "none", "functions": [], "passes": [], "sentence": report["reason"]}])[0]
            names = [function["name"] for function in evidence["functions"][:3]]
            is_named = any(part in name for name in names for part in [case, *ALSO_GUILTY.get(case, [])])
            right["verdict"] += report["verdict"] == "regression"
            right["class"] += evidence["class"] == cause
            right["function"] += is_named
            seconds = sum(each["seconds"] for each in evidence["passes"])
            print(f"| {case} | {cause} | {evidence['class']} | {'yes' if is_named else names[:1]} | {seconds:.1f} | {evidence['sentence']} |",
                  flush=True)
    print(f"\n{len(cases)} cases: " + ", ".join(f"{what} right in {count}" for what, count in right.items()))


if __name__ == "__main__":
    main()
