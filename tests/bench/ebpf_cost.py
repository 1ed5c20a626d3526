#!/usr/bin/env python3
"""What the collector ebpf costs: tests/bench/ebpf_cost.py BIN_DIR [ROUNDS]

Speaks with a real melisai-gate-worker. Each round: hello (every program is loaded once, to see what works), then a window
around a child with all tools, and memory of the worker's process while it is open. Medians; `peak` is the highest of all."""

import os
import signal
import statistics
import subprocess
import sys

from worker_line import Worker


def main():
    bin_dir, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 9
    hello, start, stop, idle, steady, peak, size = [], [], [], [], [], [], []
    for _ in range(rounds):
        worker = Worker(bin_dir)
        answer, took = worker.hello()
        hello.append(took)
        idle.append(worker.memory("VmRSS"))
        parts = [part["name"] for part in answer["parts"]]
        child = subprocess.Popen(["sh", "-c", "read x; exec find /usr/share/doc -name copyright -newer /"],
                                 stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        answer, took, _ = worker.ask({"type": "start", "id": 1, "root_pid": child.pid, "parts": parts}, ("started", "failed"))
        if answer["type"] != "started":
            raise SystemExit(answer["reason"])
        start.append(took)
        steady.append(worker.memory("VmRSS"))
        child.stdin.write(b"\n")
        child.stdin.close()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        _, took, told = worker.ask({"type": "stop", "id": 1}, ("stopped", "failed"))
        stop.append(took)
        size.append(told / 1024)
        peak.append(worker.memory("VmHWM"))
        child.wait()
        worker.end()
    print(f"rounds                                   {rounds:8}")
    print(f"hello: all programs loaded once          {statistics.median(hello):8.1f} ms")
    print(f"start: load and attach, all tools        {statistics.median(start):8.1f} ms  (limit 40)")
    print(f"stop: detach, read, report               {statistics.median(stop):8.1f} ms, {statistics.median(size):.0f} KiB told")
    print(f"memory after hello                       {statistics.median(idle):8.1f} MiB")
    print(f"memory in a window                       {statistics.median(steady):8.1f} MiB (limit 12)")
    print(f"memory, highest of all                   {max(peak):8.1f} MiB (limit 20)")


signal.signal(signal.SIGPIPE, signal.SIG_DFL)
main()
