"""Does `melisai-gate collect` see a load for what it is? Run by ci/live.

usage: loads.py GATE DIRECTORY [cpu|traffic|writer|leaker...]     exit: 0 all seen, 1 not

Before and after each load the machine is watched without it: what is then said already is not the load's. Loads are
child processes that end by themselves.
"""

import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

WINDOW_S = 10  # pressure is a mean of ten seconds
LOAD_MAX_S = 60  # the longest that a load can live
LEAKED_SOCKETS = 150
TIME_WAIT_SOCKETS = 6000
TRAFFIC_BYTES_PER_S = 20_000_000
WRITERS = 1


def collect(gate):
    """A report and what it says: data by collector, anomalies by metric."""
    ran = subprocess.run([gate, "collect", "--profile", "quick", "--duration", f"{WINDOW_S}s", "--quiet"],
                         stdout=subprocess.PIPE, check=True, timeout=10 * WINDOW_S)
    report = json.loads(ran.stdout)
    data = {result["collector"]: result["data"] for results in report["categories"].values() for result in results}
    return data, {anomaly["metric"]: anomaly for anomaly in report["summary"]["anomalies"]}


class Load:
    """Child processes that do something until they are ended; at most LOAD_MAX_S."""

    def __init__(self, work, count=1, argument=None):
        self.ready = multiprocessing.Semaphore(0)
        self.children = [multiprocessing.Process(target=self.run, args=(work, argument), daemon=True)
                         for _ in range(count)]

    def run(self, work, argument):
        signal.alarm(LOAD_MAX_S)
        work(self.ready, argument)

    def __enter__(self):
        for child in self.children:
            child.start()
        for _ in self.children:
            if not self.ready.acquire(timeout=LOAD_MAX_S / 2):
                raise RuntimeError("a load did not begin")
        return self

    def __exit__(self, *_):
        for child in self.children:
            child.terminate()
            child.join()


def stress_cpus(ready, _):
    child = subprocess.Popen(["stress-ng", "--quiet", "--cpu", str(os.cpu_count()), "--timeout", f"{LOAD_MAX_S}s"])
    signal.signal(signal.SIGTERM, lambda *_: (child.terminate(), child.wait(), os._exit(0)))
    ready.release()
    child.wait()


def connected_pair():
    server = socket.create_server(("127.0.0.1", 0), backlog=16)
    client = socket.create_connection(server.getsockname())
    accepted, _ = server.accept()
    return server, client, accepted


def churn_and_send(ready, _):
    """Connections that end, then one that carries data."""
    server, client, accepted = connected_pair()
    for _ in range(TIME_WAIT_SOCKETS):
        short = socket.create_connection(server.getsockname())
        other, _ = server.accept()
        short.close()  # who closes first keeps the TIME_WAIT
        other.close()
    ready.release()
    chunk = bytes(50_000)
    while True:
        client.sendall(chunk)
        left = len(chunk)
        while left > 0:
            left -= len(accepted.recv(left))
        time.sleep(len(chunk) / TRAFFIC_BYTES_PER_S)


def write_and_sync(ready, directory):
    file = os.open(os.path.join(directory, f"written.{os.getpid()}"), os.O_WRONLY | os.O_CREAT)
    ready.release()
    while True:
        os.pwrite(file, bytes(256 << 10), 0)
        os.fsync(file)


def leak_sockets(ready, _):
    kept = []
    server = socket.create_server(("127.0.0.1", 0), backlog=16)
    for _ in range(LEAKED_SOCKETS):
        client = socket.create_connection(server.getsockname())
        kept.append(server.accept()[0])  # never closed
        client.close()
    ready.release()
    time.sleep(LOAD_MAX_S)


def grown(before, after, path):
    """How much the number at collector.name... is larger."""
    def value(data):
        for step in path.split("."):
            data = data[step]
        return data
    return value(after) - value(before)


def busiest_disk(data):
    return max((disk["utilization_pct"] for disk in data["disk_stats"]["devices"]), default=0)


def see_cpu(before, after):
    named = [p for p in after["process_info"]["top_by_cpu"] if p["comm"].startswith("stress-ng")]
    return [(f"stress-ng leads the list of processes ({len(named)})", len(named) >= os.cpu_count()),
            (f"idle_pct {after['cpu_utilization']['idle_pct']:.1f}", after["cpu_utilization"]["idle_pct"] < 10)]


def see_traffic(before, after):
    grew = grown(before, after, "network_stats.tcp.time_wait_count")
    packets = sum(cpu["processed"] for cpu in after["network_stats"]["softnet"]["stats"])
    packets -= sum(cpu["processed"] for cpu in before["network_stats"]["softnet"]["stats"])
    return [(f"{grew} more sockets in TIME_WAIT", grew > TIME_WAIT_SOCKETS / 2),
            (f"{packets} more packets", packets > TRAFFIC_BYTES_PER_S * WINDOW_S / 65536 / 4)]


def see_writer(before, after):
    ops = grown(before, after, "disk_stats.write_ops")
    rate = grown(before, after, "disk_stats.write_bytes_per_sec")
    return [(f"{ops} more writes", ops > 100), (f"{rate / 1e6:.1f} MB/s more written", rate > 1e6),
            (f"disk utilization {busiest_disk(before):.0f} -> {busiest_disk(after):.0f} %",
             busiest_disk(after) > busiest_disk(before) + 10)]


def see_leaker(before, after):
    grew = grown(before, after, "network_stats.tcp.close_wait_count")
    return [(f"{grew} more sockets in CLOSE_WAIT", grew >= LEAKED_SOCKETS)]


# name: load, what must have moved, anomalies of which one must be there, those that may be there too.
LOADS = {
    "cpu": (lambda work: Load(stress_cpus), see_cpu, {"cpu_utilization"}, {"load_average", "cpu_psi_pressure"}),
    # All packets of one connection arrive on one CPU.
    "traffic": (lambda work: Load(churn_and_send), see_traffic, {"tcp_timewait"}, {"irq_imbalance"}),
    # Those who wait for a disk count as load, and leave their CPU waiting for I/O.
    "writer": (lambda work: Load(write_and_sync, WRITERS, work), see_writer,
               {"disk_utilization", "disk_avg_latency", "io_psi_pressure"}, {"cpu_iowait", "load_average"}),
    "leaker": (lambda work: Load(leak_sockets), see_leaker, {"tcp_close_wait"}, set()),
}


def why_skipped(name):
    if name == "cpu" and shutil.which("stress-ng") is None:
        return "no stress-ng here; `ci/setup --live` installs it"
    return ""


def try_load(gate, work, name):
    """Sentences about what went wrong."""
    load, see, expected, allowed = LOADS[name]
    before, quiet = collect(gate)
    with load(work):
        during, loud = collect(gate)
    _, quiet_again = collect(gate)
    print(f"{name}: before {sorted(quiet) or 'nothing'}, with the load {sorted(loud) or 'nothing'}, "
          f"after {sorted(quiet_again) or 'nothing'}")
    problems = []
    for what, moved in see(before, during):
        print(f"  {'moved' if moved else 'NOT MOVED'}: {what}")
        problems += [] if moved else [f"{name}: {what}"]
    for metric in sorted(expected & set(loud)):
        print(f"  {loud[metric]['severity']}: {loud[metric]['message']}")
    if not expected & set(loud):
        problems.append(f"{name}: none of {sorted(expected)}")
    noisy = {anomaly["category"] for anomaly in [*quiet.values(), *quiet_again.values()]}
    for metric, anomaly in loud.items():
        if metric not in expected | allowed and anomaly["category"] not in noisy:
            problems.append(f"{name}: {anomaly['message']} [{metric}], which has nothing to do with it")
    sys.stdout.flush()
    return problems


def main():
    gate, work, *names = sys.argv[1:]
    problems = []
    for name in names or LOADS:
        why = why_skipped(name)
        if why:
            print(f"{name}: skipped: {why}")
            continue
        problems += try_load(gate, work, name)
    print("\n".join(["", *problems]) if problems else "every load was seen for what it is")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
