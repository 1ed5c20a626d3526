"""A name that stands for another address each time: the address that is checked is the one that is connected to.

In namespaces of its own, with a name server that answers as a test likes, "the internet" on one address of the loopback
device, and on 127.0.0.1 a server that nobody may reach.

usage: rebinding_test.py MELISAI_GATE_HTTPS     exit: 0 good, 1 bad, 77 skipped
"""

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading

INTERNET, LOOPBACK = "93.184.216.34", "127.0.0.1"
INSIDE = "MELISAI_REBINDING_INSIDE"
NAME = "rebind.test"
SIOCSIFADDR, SIOCSIFFLAGS, IFF_UP = 0x8916, 0x8914, 1


def set_up_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        fcntl.ioctl(device, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
        address = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(INTERNET))
        fcntl.ioctl(device, SIOCSIFADDR, struct.pack("16s16s", b"lo:1", address))


def resolve_by_us(directory):
    """The C library asks our name server and nobody else."""
    for name, text in {"resolv.conf": f"nameserver {LOOPBACK}\n", "nsswitch.conf": "hosts: dns\n", "hosts": ""}.items():
        path = os.path.join(directory, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        subprocess.run(["mount", "--bind", path, os.path.realpath("/etc/" + name)], check=True)


class NameServer:
    """Answers the first question for an address with the first list of addresses, and so on; then always the last."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((LOOPBACK, 53))
        self.answers, self.asked = [], 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            question, sender = self.socket.recvfrom(4096)
            end = question.index(b"\0", 12) + 5
            addresses = []
            if question[end - 4:end - 2] == b"\0\x01":  # not of IPv6
                addresses = self.answers[min(self.asked, len(self.answers) - 1)]
                self.asked += 1
            head = question[:2] + struct.pack(">HHHHH", 0x8180, 1, len(addresses), 0, 0)
            records = b"".join(b"\xc0\x0c\0\x01\0\x01\0\0\0\0\0\x04" + socket.inet_aton(each) for each in addresses)
            self.socket.sendto(head + question[12:end] + records, sender)


class Listener:
    """Counts who comes."""

    def __init__(self, address, port=0):
        self.socket = socket.create_server((address, port))
        self.port, self.visits = self.socket.getsockname()[1], 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            visitor, _ = self.socket.accept()
            self.visits += 1
            visitor.close()


def call(helper, port, allow_private=False):
    request = {"method": "POST", "url": f"https://{NAME}:{port}/hook", "headers": [], "bearer": "canary", "body": "{}", "ca_file": "",
               "allow_private": allow_private, "timeout_ms": 10000, "answer_max": 1024}
    ran = subprocess.run([helper], input=json.dumps(request).encode(), capture_output=True, check=False, timeout=60)
    return json.loads(ran.stdout.splitlines()[0])


def test(helper):
    names = NameServer()
    private = Listener(LOOPBACK)
    internet = Listener(INTERNET, private.port)
    only_private = Listener(LOOPBACK)  # nobody listens at this port of the internet
    bad = []

    def expect(what, good):
        if not good:
            bad.append(what)

    def ask(answers, port, **options):
        names.answers, names.asked = answers, 0
        return call(helper, port, **options)

    ask([[INTERNET], [LOOPBACK]], private.port)
    expect("a good address is connected to", internet.visits == 1)
    expect("the name is not asked for again in between", names.asked == 1)
    for answers in ([[LOOPBACK]], [[LOOPBACK], [INTERNET]]):
        failed = ask(answers, private.port)
        expect(f"{answers}: refused", failed.get("failed") == "usage")
    for answers in ([[INTERNET, LOOPBACK]], [[LOOPBACK, INTERNET]]):
        ask(answers, only_private.port)
        ask(answers, private.port)
    expect("a private address is no second choice", private.visits == 0 and only_private.visits == 0)
    ask([[LOOPBACK]], private.port, allow_private=True)
    expect("the private server can be reached", private.visits == 1)
    for what in bad:
        print("not so:", what)
    return 1 if bad else 0


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if INSIDE not in os.environ:
        if subprocess.run(["unshare", "-rnm", "true"], capture_output=True, check=False).returncode != 0:
            print("no namespaces can be made here")
            return 77
        words = ["unshare", "-rnm", sys.executable, *sys.argv]
        return subprocess.run(words, env={**os.environ, INSIDE: "1"}, check=False).returncode
    set_up_loopback()
    with tempfile.TemporaryDirectory() as directory:
        resolve_by_us(directory)
        return test(sys.argv[1])


if __name__ == "__main__":
    sys.exit(main())
