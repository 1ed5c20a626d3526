#!/usr/bin/python3
"""Slow connections and streams against http_probe: what does one more request wait?

    front_load.py BIN_DIR [SLOW [STREAMS [SECONDS]]]

SLOW connections (5000) drip a byte of a head each second and come back when they are hung up on;
STREAMS (1000) listen to five events a second. Meanwhile a probe asks on a connection of its own, ten
times a second. Prints one line of JSON.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import time

PATIENCE = 5.0


class Load:
    def __init__(self, port, end):
        self.port = port
        self.end = end
        self.slow_open = self.slow_closed = self.slow_errors = 0
        self.streams_open = self.events = self.stream_errors = 0
        self.probes = []
        self.probe_errors = 0
        self.rss_max = 0

    def over(self):
        return time.monotonic() >= self.end

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def slow(self):
        while not self.over():
            try:
                reader, writer = await self.connect()
            except OSError:
                self.slow_errors += 1
                await asyncio.sleep(1)
                continue
            self.slow_open += 1
            try:
                writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\nX: ")
                while not self.over():
                    try:
                        if not await asyncio.wait_for(reader.read(4096), 1.0):
                            self.slow_closed += 1
                            break
                    except asyncio.TimeoutError:
                        writer.write(b"x")
            except OSError:
                self.slow_closed += 1
            writer.close()

    async def stream(self):
        try:
            reader, writer = await self.connect()
            writer.write(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            self.streams_open += 1
            while not self.over():
                line = await asyncio.wait_for(reader.readline(), PATIENCE)
                if not line:
                    raise OSError("hung up on")
                self.events += line.startswith(b"data:")
            writer.close()
        except (OSError, asyncio.TimeoutError):
            self.stream_errors += 1

    async def watch_memory(self, pid):
        while not self.over():
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                for line in status:
                    if line.startswith("VmRSS:"):
                        self.rss_max = max(self.rss_max, int(line.split()[1]))
            await asyncio.sleep(0.5)


def probe_loop(port, end, out):
    """In a process of its own, so that the load's own work is not measured."""
    import socket

    taken, errors = [], 0
    while time.monotonic() < end:
        begin = time.monotonic()
        try:
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
                connection.sendall(b"GET /probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                answer = b""
                while b'"ok"' not in answer:
                    piece = connection.recv(4096)
                    if not piece:
                        raise OSError("hung up on")
                    answer += piece
            taken.append(time.monotonic() - begin)
        except OSError:
            errors += 1
        time.sleep(0.1)
    os.write(out, json.dumps([taken, errors]).encode())


async def run(load, pid, slow, streams):
    await asyncio.gather(load.watch_memory(pid), *[load.stream() for _ in range(streams)],
                         *[load.slow() for _ in range(slow)])


def main():
    bin_dir = sys.argv[1]
    slow, streams, seconds = (list(map(int, sys.argv[2:])) + [5000, 1000, 30][len(sys.argv) - 2:])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * (slow + streams) + 200), hard))
    server = subprocess.Popen([os.path.join(bin_dir, "http_probe")], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    port = int(server.stdout.readline())
    end = time.monotonic() + seconds
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        probe_loop(port, end, write_end)
        os._exit(0)
    os.close(write_end)
    load = Load(port, end)
    asyncio.run(run(load, server.pid, slow, streams))
    with os.fdopen(read_end) as results:
        taken, errors = json.load(results)
    os.waitpid(child, 0)
    server.stdin.close()
    counters = json.loads(server.stdout.read())
    server.wait()
    taken.sort()

    def quantile(q):
        return round(1000 * taken[min(len(taken) - 1, int(q * len(taken)))], 2) if taken else None

    print(json.dumps({
        "slow": slow, "streams": streams, "seconds": seconds, "probes": len(taken),
        "probe_errors": errors, "p50_ms": quantile(0.5), "p99_ms": quantile(0.99),
        "max_ms": quantile(1), "rss_max_kib": load.rss_max, "slow_opened": load.slow_open,
        "slow_closed": load.slow_closed, "slow_errors": load.slow_errors,
        "streams_opened": load.streams_open, "stream_errors": load.stream_errors,
        "events": load.events, "server": counters}))


if __name__ == "__main__":
    main()
