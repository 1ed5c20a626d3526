#!/usr/bin/env python3
"""What each tool of the collector ebpf costs a program: tests/bench/overhead.py BIN_DIR [ROUNDS [WINDOW...]]

Runs three small programs that time their own loop: system calls (1,000,000 getppid), computing, and two processes that pass a byte to each other
(30,000 round trips). Each of them with one window of a real melisai-gate-worker around it and, next to it, without; which goes first takes turns.
Printed are medians of ROUNDS (7) ratios of such two. A window of the whole host has one tool alone; one of a tree is what a pass of `check` has,
with what always counts. Needs what eBPF needs, and a machine with nothing else to do."""

import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile

from worker_line import Worker

SOURCE = r"""
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static volatile unsigned long sink;
static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}
static void calls(void) {
  for (int i = 0; i < 1000000; ++i) syscall(SYS_getppid);
}
static void compute(void) {
  for (long i = 0; i < 60000000; ++i) sink = sink * 1664525u + 1;
}
static void pass(void) {
  int there[2], back[2];
  char byte = 'x';
  if (pipe(there) != 0 || pipe(back) != 0) return;
  const pid_t child = fork();
  for (int i = 0; i < 30000; ++i) {
    const int is_ours = child != 0;
    if (is_ours && write(there[1], &byte, 1) != 1) break;
    if (read(is_ours ? back[0] : there[0], &byte, 1) != 1) break;
    if (!is_ours && write(back[1], &byte, 1) != 1) break;
  }
  if (child == 0) _exit(0);
  waitpid(child, NULL, 0);
}
int main(int argc, char** argv) {
  const long begun = now();
  if (argc < 2) return 2;
  if (strcmp(argv[1], "calls") == 0) calls();
  if (strcmp(argv[1], "compute") == 0) compute();
  if (strcmp(argv[1], "pipe") == 0) pass();
  printf("%ld\n", now() - begun);
  return 0;
}
"""
LOADS = {"calls": "system calls", "compute": "computing", "pipe": "pipe"}
# What `check` has around a run: core/explain_passes.cpp.
PASSES = {"tree: profiling run": [], "tree: counts": ["syscount", "futex"], "tree: stacks": ["profile", "offcputime"],
          "tree: deep": ["runqlat", "syslat"]}
NOTHING = "nothing"  # against nothing: what the noise is


def loop_ns(worker, program, load, parts, is_tree):
    """How long the program's own loop took; `parts` None: nobody watches."""
    child = subprocess.Popen(["sh", "-c", 'read x; exec "$0" "$1"', program, load], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if parts is not None:
        request = {"type": "start", "id": child.pid, "root_pid": child.pid if is_tree else 0, "parts": parts}
        answer, _, _ = worker.ask(request, ("started", "failed"))
        if answer["type"] != "started":
            raise SystemExit(f"{parts}: {answer['reason']}")
    text, _ = child.communicate(b"\n")
    if parts is not None:
        worker.ask({"type": "stop", "id": child.pid}, ("stopped", "failed"))
    return int(text)


def main():
    bin_dir, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7
    worker = Worker(bin_dir)
    answer, _ = worker.hello()
    available = [part["name"] for part in answer["parts"] if not part.get("unavailable")]
    windows = {NOTHING: None, **{tool: [tool] for tool in available}, "all of them": available, **PASSES}
    if unknown := set(sys.argv[3:]) - set(windows):
        raise SystemExit("no such window: " + ", ".join(sorted(unknown)))
    windows = {name: parts for name, parts in windows.items() if len(sys.argv) <= 3 or name in sys.argv[3:]}
    ratios = {(name, load): [] for name in windows for load in LOADS}
    with tempfile.TemporaryDirectory() as scratch:
        program = os.path.join(scratch, "load")
        with open(program + ".c", "w", encoding="utf-8") as file:
            file.write(SOURCE)
        subprocess.run([os.environ.get("CC", "cc"), "-O1", program + ".c", "-o", program], check=True)
        for each in range(rounds):
            cells = list(ratios)
            random.Random(each).shuffle(cells)
            for at, (name, load) in enumerate(cells):
                took = {}
                for watched in [True, False] if (at + each) % 2 else [False, True]:
                    took[watched] = loop_ns(worker, program, load, windows[name] if watched else None, name in PASSES)
                ratios[name, load].append(took[True] / took[False])
    worker.end()
    print("| window | " + " | ".join(LOADS.values()) + " |\n|---|" + "--:|" * len(LOADS))
    for name in windows:
        print(f"| {name} | " + " | ".join(f"{statistics.median(ratios[name, load]):.3f}" for load in LOADS) + " |")
    if "profile" in windows:
        share = statistics.median(ratios["profile", "compute"]) - 1
        print(f"\nprofile, 199 Hz, computing: {100 * share:+.1f} % (limit 1.5 %)")


signal.signal(signal.SIGPIPE, signal.SIG_DFL)
if __name__ == "__main__":
    main()
