"""A certificate for loopback, and a broker whose clients must come with TLS and a user. For tests of encrypted ways."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from steppe.standalone.kafka import Kafka
from steppe.standalone.places import LOOPBACK
from tests.stack import start_service

PASSWORD = "only-for-tests"


def certificates(folder: Path) -> tuple[Path, Path]:
    """A certificate for loopback and its key in one file, and the authority that signed it."""
    now = datetime.now(UTC)

    def signed(
        name: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, *, authority: bool
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
                    key_agreement=False, key_cert_sign=authority, crl_sign=authority, encipher_only=False, decipher_only=False,
                ), critical=True,
            )
        )  # fmt: skip
        if not authority:
            names = [x509.IPAddress(ipaddress.ip_address(LOOPBACK)), x509.DNSName("localhost")]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(by, hashes.SHA256())

    root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = signed("tests", root, root, authority=True)
    server = signed("server", key, root, authority=False)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    both, ca = folder / "server.pem", folder / "ca.pem"
    both.write_bytes(private + server.public_bytes(pem) + authority.public_bytes(pem))
    ca.write_bytes(authority.public_bytes(pem))
    return both, ca


class ClosedKafka(Kafka):
    """A broker whose clients must come with TLS and a user; only its own probe comes another way."""

    secure_port: int
    certificate: Path

    @property
    def secure(self) -> str:
        return f"{LOOPBACK}:{self.secure_port}"

    def _write_settings(self, node: int) -> Path:
        file = super()._write_settings(node)
        text = file.read_text()
        text = text.replace("listeners=PLAINTEXT:", f"listeners=CLIENTS://{self.secure},PLAINTEXT:", 1)
        text = text.replace(
            "advertised.listeners=PLAINTEXT:", f"advertised.listeners=CLIENTS://{self.secure},PLAINTEXT:"
        )
        text = text.replace("map=PLAINTEXT:", "map=CLIENTS:SASL_SSL,PLAINTEXT:")
        jaas = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        file.write_text(
            f"{text}listener.name.clients.sasl.enabled.mechanisms=PLAIN\n"
            f'listener.name.clients.plain.sasl.jaas.config={jaas} user_steppe="{PASSWORD}";\n'
            "inter.broker.listener.name=PLAINTEXT\n"
            "ssl.keystore.type=PEM\n"
            f"ssl.keystore.location={self.certificate}\n"
        )
        return file


def an_event_goes_all_its_way(settings: Mapping[str, Mapping[str, str]], folder: Path) -> None:
    """Start the three services, send an event, and read it once the read model has it."""
    services = {name: start_service(name, found, folder) for name, found in settings.items()}
    ingest, projector, api = (services[name] for name in ("ingest", "projector", "api"))
    try:
        event = {
            "source": "/tests", "type": "steppe.memorandum.signed.v1", "subject": "north-katpar-tungsten",
            "data": {"occurred": "2018", "instrument": "mou", "parties": [{"party": "xiamen-tungsten", "role": "investor"}]},
        }  # fmt: skip
        sent = httpx.post(
            f"{ingest.address}/v1/events",
            json=event,
            headers={"content-type": "application/cloudevents+json"},
            timeout=20,
        )
        assert sent.status_code == 202, sent.text
        read = httpx.get(
            f"{api.address}/v1/projects/north-katpar-tungsten",
            params={"min_position": sent.json()["position"]}, headers={"prefer": "wait=30"}, timeout=40,
        )  # fmt: skip
        assert read.status_code == 200, read.text + projector.log()
        assert httpx.get(f"{api.address}/v1/status", timeout=20).json()["totals"]["lag_events"] == 0
    finally:
        for service in services.values():
            service.stop()
