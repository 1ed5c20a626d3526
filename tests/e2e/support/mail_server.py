"""A mail server on loopback: writes what it takes to DIR, one file a message.

usage: mail_server.py DIR [--tls CERTIFICATE KEY] [--user NAME PASSWORD]

DIR/port holds its port once it listens. With --user nobody else may send, and with --tls nobody before STARTTLS.
"""

import argparse
import asyncio
import pathlib
import ssl

from aiosmtpd.smtp import SMTP, AuthResult


class Sink:
    def __init__(self, directory):
        self.directory = directory
        self.count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        head = f"X-From: {envelope.mail_from}\nX-To: {','.join(envelope.rcpt_tos)}\n"
        unfinished = self.directory / "unfinished"
        unfinished.write_bytes(head.encode() + envelope.content)
        unfinished.rename(self.directory / f"mail-{self.count}")
        return "250 OK"


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--tls", nargs=2)
    parser.add_argument("--user", nargs=2)
    return parser.parse_args()


def options_of(arguments):
    options = {}
    if arguments.tls:
        options["tls_context"] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        options["tls_context"].load_cert_chain(*arguments.tls)
        options["require_starttls"] = True
    if arguments.user:
        expected = tuple(text.encode() for text in arguments.user)
        options["authenticator"] = lambda server, session, envelope, mechanism, data: AuthResult(
            success=(data.login, data.password) == expected)
        options["auth_required"] = True
    return options


async def serve(arguments):
    sink = Sink(arguments.directory)
    options = options_of(arguments)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(sink, hostname="localhost", **options), "127.0.0.1", 0)
    unfinished = arguments.directory / "port.new"
    unfinished.write_text(str(server.sockets[0].getsockname()[1]))
    unfinished.rename(arguments.directory / "port")
    await server.serve_forever()


asyncio.run(serve(parse()))
