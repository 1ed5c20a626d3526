"""Speaking with a real melisai-gate-worker, for scripts that measure what a collector costs."""

import json
import os
import socket
import struct
import subprocess
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
        """The first message of a type in `answers`, the milliseconds until then, and the bytes of all."""
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

    def hello(self):
        answer, took, _ = self.ask({"type": "hello", "protocol": 1, "config": {}}, ("hello", "failed"))
        if not answer.get("available"):
            raise SystemExit("unavailable: " + answer.get("reason", "?"))
        return answer, took

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
