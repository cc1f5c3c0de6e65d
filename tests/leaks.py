"""Looks for secrets in everything that was written, by undoing encodings rather than by guessing them."""

import base64
import binascii
import html
import re
from urllib.parse import unquote, unquote_plus

from pulumi_nao.text import SHORTEST_SECRET

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}")
_HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2}){8,}")
_ROUNDS = 2

SHOWN_ON_PURPOSE = frozenset({"simulator-key"})  # `pulumi-nao simulate` prints it for people to paste


class Watch:
    """What the running test uses as secrets, and what its processes wrote into pipes.

    Attributes:
        secrets: Keys that clients, simulators and environments of processes were given.
        written: Texts.
    """

    def __init__(self):
        self.secrets = set()
        self.written = []

    def note_key(self, key):
        """Take note of a key, unless it is too short to be one."""
        if isinstance(key, str) and len(key) >= SHORTEST_SECRET and key not in SHOWN_ON_PURPOSE:
            self.secrets.add(key)

    def note_text(self, *texts):
        """Take note of what was written."""
        for text in texts:
            if text:
                self.written.append(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)


WATCH = Watch()


def leaks_in(text, secrets):
    """Say which secrets a text holds, and in what form; the secrets themselves are not repeated."""
    readings = [(form, readable.casefold()) for form, readable in _readings(text)]
    found = []
    for number, secret in enumerate(secrets, 1):
        forms = [form for form, readable in readings if secret.casefold() in readable]
        if forms:
            found.append(f"secret {number}, {forms[0]}")
    return found


def leaks_in_files(folder, secrets, meant=()):
    """Look through names and contents of all files below a folder, but for places that are meant to hold them."""
    found = []
    for path in sorted(folder.rglob("*")):
        if (
            any(path.is_relative_to(place) for place in meant)
            or path.is_symlink()
            or not path.is_file()
            or ".venv" in path.parts
        ):
            continue
        text = f"{path}\n{path.read_bytes().decode('utf-8', 'replace')}"
        found += [f"{path}: {leak}" for leak in leaks_in(text, secrets)]
    return found


def _readings(text):
    """Give the text as it is, and with each encoding undone, two deep."""
    texts = [("as it is", text)]
    for _ in range(_ROUNDS):
        texts += [
            (f"{how} {form}".replace(" as it is", ""), undo(readable))
            for form, readable in texts
            for how, undo in _UNDO.items()
        ]
        texts = list({readable: (form, readable) for form, readable in reversed(texts)}.values())
    return texts


def _unescaped(text):
    return re.sub(r"\\+(?:u([0-9a-fA-F]{4})|([\"'/\\]))", lambda m: chr(int(m[1], 16)) if m[1] else m[2], text)


def _from_base64(text):
    parts = []
    for run in _BASE64.findall(text):
        for start in range(4):
            part = run[start:].translate(str.maketrans("-_", "+/"))
            parts.append(base64.b64decode(part[: len(part) // 4 * 4] or "").decode("latin-1"))
            parts.append(base64.b64decode(part + "A" * (-len(part) % 4)).decode("latin-1"))
    return "\n".join(parts)


def _from_hexadecimal(text):
    return "\n".join(binascii.unhexlify(run).decode("latin-1") for run in _HEXADECIMAL.findall(text))


_UNDO = {
    "percent-encoded": lambda text: unquote(unquote_plus(text)),
    "escaped": _unescaped,
    "as HTML": html.unescape,
    "in base64": _from_base64,
    "hexadecimal": _from_hexadecimal,
}
