"""Debian's Apache, in the foreground, with a configuration of the test's own in FOLDER/apache.conf."""
import socket
import subprocess
import time


class Apache:
    def __init__(self, folder, port):
        self.folder = folder
        self.process = subprocess.Popen(["/usr/sbin/apache2", "-f", f"{folder}/apache.conf", "-DFOREGROUND"],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            self._wait_for(port)
        except BaseException:
            self.close()
            raise

    def _wait_for(self, port):
        for _ in range(100):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if self.process.poll() is not None:
                raise AssertionError(f"apache2 did not start: {self.process.stdout.read().decode()}")
            time.sleep(0.05)
        raise AssertionError("apache2 does not listen")

    def last_words(self):
        with open(f"{self.folder}/error.log", encoding="utf-8", errors="replace") as f:
            return f.read()[-3000:]

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=10)
        self.process.stdout.close()
