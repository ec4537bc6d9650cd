"""Which requests are in the hands of one process of a server, held still to see it."""

import http.client
import json
import os
import signal
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from running import Answer, answer_of, wait_for
from traffic import Traffic

_ESTABLISHED = "01"


@dataclass
class TracedTraffic(Traffic):
    """Traffic that tells from which port of ours each unanswered request was sent."""

    ports: dict[str, int] = field(default_factory=dict)

    def ask(self, request_id: str) -> Answer:
        """Send one request over a connection of its own and return its answer."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.client.port, timeout=self.client.timeout
        )
        with closing(connection):
            connection.connect()
            self.ports[request_id] = connection.sock.getsockname()[1]
            headers = {"Content-Type": "application/json", "X-Request-Id": request_id}
            connection.request("POST", "/predict", json.dumps(self.body), headers)
            answer = answer_of(connection.getresponse())
        del self.ports[request_id]
        return answer


def hold_still(pid: int) -> None:
    """Stop a process (SIGSTOP), and return when it does nothing any more."""
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: _states(pid) == {"T"}, f"the halt of {pid}")


def let_go_on(pid: int) -> None:
    """Let a process that was held still go on (SIGCONT)."""
    os.kill(pid, signal.SIGCONT)


def _states(pid: int) -> set[str]:
    """Return the states of all threads of a process: each stops at its own time."""
    found = set()
    for status in Path(f"/proc/{pid}/task").glob("*/stat"):
        # Threads come and go.
        with suppress(OSError):
            found.add(status.read_text().rpartition(")")[2].split()[0])
    return found


def ports_of_clients(pid: int, port: int) -> set[int]:
    """Return the clients' ports of the open connections that ``pid`` has on ``port``.

    Those that wait for somebody to take them are nobody's yet, and left out.
    """
    inodes = set()
    for number in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            inodes.add(os.readlink(number))
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        here, there, state = fields[1:4]
        mine = f"socket:[{fields[9]}]" in inodes
        if mine and state == _ESTABLISHED and _port(here) == port:
            found.add(_port(there))
    return found


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)
