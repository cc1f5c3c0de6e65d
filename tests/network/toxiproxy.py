"""A real toxiproxy in front of the simulator, told over its HTTP interface what to do to the bytes."""

import subprocess
import sys
from pathlib import Path

import requests

from tests.network.ports import end, free_port, wait_until_listening

BUILD = Path(__file__).resolve().parents[2] / "tools" / "network" / "toxiproxy.py"
HOW_TO_GET_IT = "THE NETWORK TIER DID NOT RUN, there is no toxiproxy:"


def find_toxiproxy():
    """The executable, and what was said if there is none."""
    found = subprocess.run([sys.executable, BUILD], capture_output=True, text=True, check=False, timeout=600)
    return found.stdout.strip(), found.stderr


class Toxiproxy:
    """The server, for as long as the tests run."""

    def __init__(self, executable):
        port = free_port()
        self._process = subprocess.Popen(
            [executable, "-host", "127.0.0.1", "-port", str(port), "-seed", "1"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.url = f"http://127.0.0.1:{port}"
        wait_until_listening(port, self._process, lambda: "toxiproxy ended")

    def close(self):
        end(self._process)


class FaultyLink:
    """One proxied port, whole until a fault is laid on it."""

    def __init__(self, toxiproxy, upstream):
        self._proxies = f"{toxiproxy.url}/proxies"
        made = self._send(
            "POST", "", {"name": "nao", "listen": "127.0.0.1:0", "upstream": upstream.removeprefix("http://")}
        )
        self.url = f"http://{made['listen']}"

    def fault(self, kind, stream, *, toxicity=1.0, **attributes):
        """Lay a fault on all connections; `stream` is `upstream` (requests) or `downstream` (answers)."""
        toxic = {"type": kind, "stream": stream, "toxicity": toxicity, "attributes": attributes}
        self._send("POST", "/nao/toxics", toxic)

    def cut(self):
        """Let nobody connect any more."""
        self._send("POST", "/nao", {"enabled": False})

    def mend(self):
        """Make the link whole again."""
        for toxic in self._send("GET", "/nao/toxics"):
            self._send("DELETE", f"/nao/toxics/{toxic['name']}")
        self._send("POST", "/nao", {"enabled": True})

    def remove(self):
        self._send("DELETE", "/nao")

    def _send(self, method, path, body=None):
        with requests.request(method, self._proxies + path, json=body, timeout=10) as answer:
            assert answer.ok, answer.text
            return answer.json() if answer.content else None
