"""A slapd with its authority and credential, ready to be connected to an identity provider."""
import shutil
import tempfile

from authority import Authority, write
from openldap import GROUPS, PEOPLE, SERVICE, SERVICE_PASSWORD, Slapd
from running_town import IDP


class World:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="guichet-connected-")
        self.authority = Authority(self.folder)
        self.password = write(f"{self.folder}/password", SERVICE_PASSWORD, 0o400)
        self.slapd = Slapd(self.folder, self.authority)

    def rows(self, rights, **changes):
        """The town's configuration that connects it; rights: the directory_right lines."""
        rows = {"directory_url": [self.slapd.url], "directory_base": PEOPLE, "directory_groups_base": GROUPS, "directory_bind_dn": SERVICE,
                "directory_password": self.password, "directory_ca": self.authority.path, "directory_timeout_ms": 1000, "directory_right": rights}
        rows.update(changes)
        return {IDP.name: rows}

    def close(self):
        self.slapd.close()
        shutil.rmtree(self.folder)
