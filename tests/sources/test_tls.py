from __future__ import annotations

import base64
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.errors import ExpressError
from kubectl_express.sources.tls import tls_context
from tests.sources.loopback import AUTHORITY, CERTIFICATES, serving
from tests.sources.test_cluster import cluster
from tests.sources.test_kubeconfig import one

if TYPE_CHECKING:
    from kubectl_express.core.values import Object

PEM = AUTHORITY.read_bytes()
NAME = "kubectl-express test authority"
CERTIFICATE: Object = {"client-certificate": str(CERTIFICATES / "client.crt")}
KEY: Object = {"client-key": str(CERTIFICATES / "client.key")}


def data(content: bytes) -> str:
    return base64.b64encode(content).decode()


def trusted(entry: Object) -> list[str]:
    """Return the common names of the authorities that are trusted."""
    found: list[Any] = tls_context({"server": "https://api.example.test:6443", **entry}, {}).get_ca_certs()
    return [value for each in found for ((key, value),) in each["subject"] if key == "commonName"]


def refused(cluster: Object, user: Object) -> str:
    with pytest.raises(ExpressError) as caught:
        tls_context({"server": "https://api.example.test:6443", **cluster}, user)
    return str(caught.value)


@pytest.mark.parametrize(
    "bundle",
    [
        PEM,
        PEM.replace(b"\n", b"\r\n").rstrip(),
        b"\xef\xbb\xbf" + PEM,
        "# Émile, 中\n".encode() + PEM + b"# \xe9\n" + PEM,
        (CERTIFICATES / "server.key").read_bytes() + PEM,
    ],
    ids=["plain", "another system's lines", "a byte order mark", "remarks in other encodings", "behind a key"],
)
def test_an_authority_is_trusted_however_its_bundle_is_written_as_a_file_and_as_data(
    tmp_path: Path, bundle: bytes
) -> None:
    (tmp_path / "ca.crt").write_bytes(bundle)
    assert trusted({"certificate-authority": str(tmp_path / "ca.crt")}) == [NAME]
    folded = "\n".join([data(bundle)[:64], data(bundle)[64:]])
    assert trusted({"certificate-authority-data": folded, "certificate-authority": "/gone"}) == [NAME]


@pytest.mark.parametrize(
    "bundle", [b"", b" ", b"no certificate", b"\0", PEM[:200], ssl.PEM_cert_to_DER_cert(PEM.decode())]
)
def test_an_authority_without_a_certificate_is_refused_and_never_the_systems_instead(
    tmp_path: Path, bundle: bytes
) -> None:
    (tmp_path / "ca.crt").write_bytes(bundle)
    said = "the certificate-authority of the cluster at https://api.example.test:6443 holds no certificate"
    assert refused({"certificate-authority": str(tmp_path / "ca.crt")}, {}) == said
    assert refused({"certificate-authority-data": data(bundle) or " "}, {}) == said


@pytest.mark.parametrize(
    ("cluster", "user", "said"),
    [
        (
            {"certificate-authority": "/gone"},
            {},
            "unable to read certificate-authority /gone: No such file or directory",
        ),
        ({}, {"client-key": "/gone"}, "unable to read client-key /gone: No such file or directory"),
        ({}, {**CERTIFICATE, "client-key": "/"}, "unable to read client-key /: Is a directory"),
        (
            {},
            {"client-certificate": "/gone", **KEY},
            "unable to read client-certificate /gone: No such file or directory",
        ),
        ({"certificate-authority-data": "s3cret!"}, {}, "certificate-authority-data is not base64"),
        ({}, {"client-key-data": "s3cret!"}, "client-key-data is not base64"),
        (
            {},
            {**CERTIFICATE, "client-key": str(CERTIFICATES / "server.key")},
            "the user's client-certificate and client-key are no matching pair in PEM form",
        ),
    ],
)
def test_what_cannot_be_read_is_named_with_the_reason(cluster: Object, user: Object, said: str) -> None:
    assert refused(cluster, user) in (said, f"the kubeconfig cannot be used: {said}")


def test_a_key_with_a_passphrase_is_refused_without_asking_for_it() -> None:
    key = CERTIFICATES / "encrypted.key"
    said = "the user's client-key is encrypted: kubeconfigs take only keys without a passphrase"
    assert refused({}, {**CERTIFICATE, "client-key": str(key)}) == said
    assert refused({}, {**CERTIFICATE, "client-key-data": data(key.read_bytes())}) == said


@pytest.mark.parametrize("content", [b"k", b"k" * 300_000], ids=["short", "longer than a pipe holds"])
@pytest.mark.parametrize("read", [True, False], ids=["read", "unread"])
def test_a_key_that_is_data_never_lies_on_a_disk(content: bytes, read: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[bytes, bool]] = []

    def load(_: ssl.SSLContext, certificate: str, key: str, **__: object) -> None:
        assert certificate == CERTIFICATE["client-certificate"], "a file is read where it is"
        seen.append((Path(key).read_bytes() if read else content, Path(key).is_fifo()))

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", load)
    tls_context({}, {**CERTIFICATE, "client-key-data": data(content), "client-key": "/gone"})
    assert seen == [(content, True)]


def test_a_token_and_an_authority_that_is_data_take_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with serving(tls=True) as server:
        entry = {"server": server.url, "certificate-authority-data": data(PEM)}
        cluster(one(tmp_path / "config", entry, {"token": "t"})).get("/api")
    assert server.received[0].header("Authorization") == ["Bearer t"]
