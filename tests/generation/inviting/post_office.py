"""A real SMTP server on loopback that takes mail, or refuses it as it is told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class PostOffice:
    """What it was given, over how many connections, and what it answers: by a recipient's address
    after RCPT (`refused`) or after the whole mail (`returned`)."""

    port: int = 0
    connections: int = 0
    taken: list[str] = field(default_factory=list)
    refused: dict[str, bytes] = field(default_factory=dict)
    returned: dict[str, bytes] = field(default_factory=dict)


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """Open until the block ends."""
    office = PostOffice()

    class Counter(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            office.connections += 1
            self.say(b"220 here")
            to = ""
            while line := self.rfile.readline():
                word = line.strip()
                command = word[:4].upper()
                if command == b"QUIT":
                    self.say(b"221 bye")
                    return
                if command == b"RCPT":
                    to = word[word.index(b"<") + 1 : word.index(b">")].decode()
                    self.say(office.refused.get(to, b"250 ok"))
                elif command == b"DATA":
                    self.say(b"354 go on")
                    while (line := self.rfile.readline()) not in (b".\r\n", b""):
                        pass
                    answer = office.returned.get(to, b"250 taken")
                    if answer.startswith(b"250"):
                        office.taken.append(to)
                    self.say(answer)
                    if answer.startswith(b"421"):
                        return
                else:
                    self.say(b"250 ok")

        def say(self, answer: bytes) -> None:
            self.wfile.write(answer + b"\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Counter) as server:
        office.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield office
        finally:
            server.shutdown()
