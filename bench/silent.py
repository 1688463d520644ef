"""A directory that takes connections and never says a word, and agents who knock at it all the while."""
import contextlib
import socket
import threading
import urllib.error

from browser import Browser

AGENTS = 3      # more than there are couriers; each costs the driver a little of its core


class SilentDirectory:
    """Each question to it ends at the daemon's own time limit."""

    def __init__(self, port):
        self.socket = socket.create_server(("127.0.0.1", port))
        self.held = []
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        with contextlib.suppress(OSError):
            while True:
                self.held.append(self.socket.accept()[0])

    def close(self):
        # A thread in accept() would keep the port.
        self.socket.shutdown(socket.SHUT_RDWR)
        for s in [self.socket, *self.held]:
            s.close()


class Knocking:
    """Within it, agents type their passwords, wait, and are told that the directory does not answer."""

    def __init__(self, town):
        self.town, self.ended, self.told = town, threading.Event(), 0
        self.threads = [threading.Thread(target=self.knock, args=(i,), daemon=True) for i in range(AGENTS)]

    def knock(self, number):
        browser = Browser(self.town.ca)
        while not self.ended.is_set():
            page = browser.get(self.town.url() + "/connexion/agent")
            with contextlib.suppress(urllib.error.URLError, OSError):
                page = browser.submit(page, "mot-de-passe", {"identifiant": f"agent{number}", "mot-de-passe": "un mot de passe"})
                self.told += page.status == 503

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
