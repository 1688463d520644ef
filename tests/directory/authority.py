"""A certificate authority for one run, and certificates of it: what a town's own would issue."""
import os
import shutil
import socket
import subprocess


def openssl(*arguments):
    """As of yesterday, where that can be said: a clock that is a little behind must find the certificates good."""
    yesterday = ["faketime", "-f", "-1d"] if shutil.which("faketime") else []
    subprocess.run([*yesterday, "openssl", *arguments], check=True, capture_output=True)


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
