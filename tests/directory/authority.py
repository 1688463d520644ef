"""A certificate authority for one run, and certificates of it: what a town's own would issue."""
import glob
import os
import socket
import subprocess

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)


def clock_off(by, environment=None):
    """An environment in which the clock is off by so much, where that can be said. (The program faketime, when it is killed,
    leaves a file behind that stops it when the number of its process comes again.)"""
    base = dict(os.environ if environment is None else environment)
    return {**base, "LD_PRELOAD": FAKETIME, "FAKETIME": by} if FAKETIME and by else base


def openssl(*arguments):
    """As of yesterday: a clock that is a little behind must find the certificates good."""
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, env=clock_off("-1d"))


class Authority:
    def __init__(self, folder, name="ca"):
        self.folder, self.name = folder, name
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", f"/CN=TEST-ONLY {name}",
                "-keyout", f"{folder}/{name}.key", "-out", self.path)

    @property
    def path(self):
        return f"{self.folder}/{self.name}.pem"

    def issue(self, name, subject="IP:127.0.0.1", days=30, digest="sha256"):
        """Certificate and key, PEM."""
        certificate, key = f"{self.folder}/{name}.pem", f"{self.folder}/{name}.key"
        extension = f"{self.folder}/{name}.ext"
        with open(extension, "w", encoding="utf-8") as f:
            f.write(f"subjectAltName={subject}\nbasicConstraints=CA:FALSE\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", key,
                "-out", f"{self.folder}/{name}.csr")
        openssl("x509", "-req", "-in", f"{self.folder}/{name}.csr", "-CA", self.path, "-CAkey", f"{self.folder}/{self.name}.key",
                "-CAcreateserial", "-days", str(days), f"-{digest}", "-extfile", extension, "-out", certificate)
        return certificate, key


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def write(path, content, mode=0o600):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as f:
        f.write(content)
    return path
