#!/usr/bin/env python3
"""Are causes named right? tests/bench/causes.py [--slower PERCENT] [--exact] [--cases A,B...] BIN_DIR [CASE...]

Builds tests/bench/slower*.cpp with the compiler in CXX (g++), compares base and head of each of its cases with `melisai-gate ab`, and prints
what was said: verdict, class, and whether the guilty function is among the first three. With --slower both sides do so much more of the same
that head takes about PERCENT longer; without, head is slower as the case has it, mostly by more than half. With --exact instructions are
counted before the pairs too, as `ab` does by default: a judgement of its own, which takes longer than all the rest. Needs what eBPF needs;
valgrind helps."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
# What a case calls to do it, and what the compiler makes of lambdas.
ALSO_GUILTY = {
    "touch_more": ["touch("], "fresh_buffers": ["touch("], "hold_lock": ["wait_for_lock"], "write_more": ["write_bytes"],
    "read_again": ["write_bytes"], "slower_child": ["work("], "slower_server": ["work("], "longer_serial_phase": ["work("],
    "share_one_cpu": ["work("], "share_with_child": ["work("], "queue_behind_batch": ["work("], "hold_longer": ["work("]}


def seconds_of(program, case, side, usual):
    taken = []
    for _ in range(5):
        begun = time.monotonic()
        subprocess.run([program, case, side, str(usual)], check=True)
        taken.append(time.monotonic() - begun)
    return statistics.median(taken)


def usual_for(program, case, percent):
    """How much of what both sides do makes head about so many percent slower."""
    base, more = seconds_of(program, case, "base", 1), seconds_of(program, case, "base", 5)
    extra = seconds_of(program, case, "head", 1) - base
    return max(1, round(1 + (extra / (percent / 100) - base) / max((more - base) / 4, 1e-3)))


def compared(gate, program, case, usual, exact, scratch):
    out = os.path.join(scratch, case)
    words = [gate, "ab", "-C", scratch, "--explain", "regressions", "--threshold", "10%", "--max-pairs", "40", "--exact", "auto" if exact else "off",
             "--output-dir", out, "--state-dir", os.path.join(scratch, "state"), "--quiet", "--", program, case, "base", str(usual), "--", program,
             case, "head", str(usual)]
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900, check=False)
    with open(os.path.join(out, "report.json"), encoding="utf-8") as file:
        return json.load(file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--slower", type=float, default=0)
    parser.add_argument("--exact", action="store_true", help="count instructions before the pairs")
    parser.add_argument("--cases", dest="cases_by_comma", default="", help="names, with commas between them; all others are left out")
    parser.add_argument("bin")
    parser.add_argument("cases", nargs="*")
    asked = parser.parse_args()
    gate = os.path.join(os.path.abspath(asked.bin), "melisai-gate")
    with tempfile.TemporaryDirectory(dir=".") as directory:
        scratch = os.path.abspath(directory)
        program = os.path.join(scratch, "slower")
        subprocess.run([os.environ.get("CXX", "g++"), "-std=c++20", "-O1", "-g", "-fno-omit-frame-pointer", "-pthread", f"-I{HERE.parents[1]}",
                        *map(str, HERE.glob("slower*.cpp")), "-o", program], check=True)
        cases = [line.split() for line in subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()]
        right = {"verdict": 0, "class": 0, "function": 0}
        wanted = {*asked.cases, *filter(None, asked.cases_by_comma.split(","))}
        if unknown := wanted - {case for case, _ in cases}:
            parser.error("no such case: " + ", ".join(sorted(unknown)))
        cases = [(case, cause) for case, cause in cases if case in wanted or not wanted]
        print("| case | class | verdict | said | function | seconds | sentence |\n|---|---|---|---|---|--:|---|")
        for case, cause in cases:
            usual = usual_for(program, case, asked.slower) if asked.slower else 1
            report = compared(gate, program, case, usual, asked.exact, scratch)
            evidence = (report["evidence"] or [{"class": "none", "functions": [], "passes": [], "sentence": report["reason"]}])[0]
            names = [function["name"] for function in evidence["functions"][:3]]
            is_named = any(part in name for name in names for part in [case, *ALSO_GUILTY.get(case, [])])
            right["verdict"] += report["verdict"] == "regression"
            right["class"] += evidence["class"] == cause
            right["function"] += is_named
            seconds = sum(each["seconds"] for each in evidence["passes"])
            print(f"| {case} | {cause} | {report['verdict']} | {evidence['class']} | {'yes' if is_named else names[:1]} | {seconds:.1f} | "
                  f"{evidence['sentence']} |", flush=True)
    print(f"\n{len(cases)} cases: " + ", ".join(f"{what} right in {count}" for what, count in right.items()))


if __name__ == "__main__":
    main()
