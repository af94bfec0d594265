"""The simulator's own certificate authority, and the certificate that its server shows.

The authority is made once and kept in the simulator's key directory, so that a client which trusts it goes on trusting
it after a restart. Nothing but the simulator's own loopback names is ever signed by it.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

import certifi
import trustme

SERVER_NAMES = ("localhost", "127.0.0.1", "::1")
"""Subject alternative names of the server's certificate. Clients may use any of them."""


@dataclass(frozen=True)
class ServerCertificate:
    """Files of one running server.

    ``authority`` is the authority's certificate alone; ``bundle`` is the usual roots with the authority appended,
    because REQUESTS_CA_BUNDLE and SSL_CERT_FILE replace a client's roots rather than add to them. ``chain`` is the
    server's certificate and private key, readable by the owner only.
    """

    authority: Path
    bundle: Path
    chain: Path

    def server_context(self) -> ssl.SSLContext:
        """Return the TLS context of the server: TLS 1.2 or newer, no client certificates."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.chain)
        return context


def server_certificate(keys: Path) -> ServerCertificate:
    """Return the certificate files in the directory ``keys``, making the authority if there is none yet.

    The server's own certificate is issued anew at each start: it is cheap, and it follows ``SERVER_NAMES``.
    Raises OSError if the directory cannot be written, ValueError if the kept authority cannot be read.
    """
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = _authority(keys / "authority.pem", keys / "authority-key.pem")
    certificate = authority.cert_pem.bytes()
    issued = authority.issue_cert(*SERVER_NAMES, common_name="Azure Site Recovery simulator")
    chain = b"".join([issued.private_key_pem.bytes(), *(part.bytes() for part in issued.cert_chain_pems)])
    files = ServerCertificate(keys / "authority.pem", keys / "ca-bundle.pem", keys / "server.pem")
    write_private(files.bundle, Path(certifi.where()).read_bytes() + b"\n" + certificate)
    write_private(files.chain, chain)
    return files


def write_private(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` whole or not at all, readable by the owner only.

    A reader never sees half a file, and a process killed in between leaves the old one.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:  # mkstemp makes the file with mode 0600
            stream.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _authority(certificate: Path, key: Path) -> trustme.CA:
    if certificate.exists() and key.exists():
        try:
            return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
        except ValueError as error:
            raise ValueError(
                f"The simulator's certificate authority in {certificate.parent} cannot be read ({error}). "
                f"Delete that directory to have a new one made; clients must then trust the new one."
            ) from error
    authority = trustme.CA(organization_name="Azure Site Recovery simulator", organization_unit_name="loopback only")
    # The key first: a certificate without its key would be replaced at the next start anyway.
    write_private(key, authority.private_key_pem.bytes())
    write_private(certificate, authority.cert_pem.bytes())
    return authority
