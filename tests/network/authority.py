"""A certificate authority that only these tests know."""

from datetime import datetime, timedelta, timezone

import trustme

NOW = datetime.now(timezone.utc)


class Authority:
    def __init__(self, folder):
        self._ca = trustme.CA()
        self._folder = folder
        self.file = folder / "authority.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def directives(self, name="127.0.0.1", ends=NOW + timedelta(days=1)):
        """What makes nginx present a new certificate."""
        issued = self._ca.issue_cert(name, not_before=NOW - timedelta(days=2), not_after=ends)
        chain, key = self._folder / "chain.pem", self._folder / "key.pem"
        chain.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(key)
        return f"ssl_certificate {chain}; ssl_certificate_key {key};"
