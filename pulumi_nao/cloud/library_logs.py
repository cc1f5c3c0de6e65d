"""What libraries write to logs about our exchanges: without the key, and as safe to print as every server text.

urllib3 warns of headers it cannot read with all that the server sent, and a traceback. Without any logging set up,
such a warning reaches standard error.
"""

from __future__ import annotations

import logging
import threading

from pulumi_nao.text import printable, redact
from pulumi_nao.waiting.threads import EXCHANGE

LOGGERS = (
    "requests",
    "urllib3",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)


class _Filter(logging.Filter):
    """Other users of the same libraries lose nothing but our keys."""

    secrets: frozenset[str] = frozenset()

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if record.threadName == EXCHANGE:
            text = printable(text, self.secrets)
            record.exc_info = record.exc_text = record.stack_info = None
        else:
            text = redact(text, self.secrets)
        record.msg, record.args = text, None
        return True


_FILTER = _Filter()
_guard = threading.Lock()


def protect(secret: str) -> None:
    with _guard:  # replaced, never changed: other threads may be going through it
        _FILTER.secrets |= {secret}
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
