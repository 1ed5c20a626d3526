#!/usr/bin/env python3
"""What the collector ebpf costs: tests/bench/ebpf_cost.py BIN_DIR [ROUNDS]

Speaks with a real melisai-gate-worker. Each round: hello (every program is loaded once, to see what works), then a window
around a child with all tools, and memory of the worker's process while it is open. Medians; `peak` is the highest of all."""

import json
import os
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time


class Worker:
    def __init__(self, bin_dir):
        ours, theirs = socket.socketpair()
        base = os.path.dirname(os.path.abspath(bin_dir))
        self.line = ours
        self.process = subprocess.Popen(
            [os.path.join(bin_dir, "melisai-gate-worker"), os.path.join(base, "lib/melisai-gate/plugins/ebpf.so")],
            stdin=theirs, stdout=theirs)
        theirs.close()

    def read(self, size):
        data = b""
        while len(data) < size:
            chunk = self.line.recv(size - len(data))
            if not chunk:
                raise SystemExit("the worker has ended")
            data += chunk
        return data

    def ask(self, request, answers):
        body = json.dumps(request).encode()
        begun = time.monotonic()
        self.line.sendall(struct.pack("<I", len(body)) + body)
        size = 0
        while True:
            text = self.read(struct.unpack("<I", self.read(4))[0])
            size += len(text)
            message = json.loads(text)
            if message["type"] in answers:
                return message, (time.monotonic() - begun) * 1000, size

    def memory(self, key):
        children = open(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read().split()
        for line in open(f"/proc/{children[0]}/status"):
            if line.startswith(key + ":"):
                return int(line.split()[1]) / 1024
        return 0.0

    def end(self):
        body = b'{"type":"quit"}'
        self.line.sendall(struct.pack("<I", len(body)) + body)
        self.process.wait()


def main():
    bin_dir, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 9
    hello, start, stop, idle, steady, peak, size = [], [], [], [], [], [], []
    for _ in range(rounds):
        worker = Worker(bin_dir)
        answer, took, _ = worker.ask({"type": "hello", "protocol": 1, "config": {}}, ("hello", "failed"))
        if not answer.get("available"):
            raise SystemExit("unavailable: " + answer.get("reason", "?"))
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
