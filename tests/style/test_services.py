"""docs/services.md says where a service is named: it forgets no place, and no service is missing in one."""
import os
import re
import subprocess
import unittest

from test_includes import ROOT, read, sources

GUIDE = "docs/services.md"


def services():
    return sorted(f.split("/")[1] for f in sources("/conf.c") if re.fullmatch(r"services/[a-z-]+/conf\.c", f))


def files_that_name(service):
    """As a word, or as part of an identifier."""
    out = subprocess.run(["git", "grep", "--untracked", "-l", "-I", "-e", service.replace("-", "[-_]")], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(out.stdout.splitlines())


def places():
    """The first column of the table of places; NAME stands for the service."""
    return re.findall(r"^\| `([^`]+)` \|", read(GUIDE).split("\n## A service more\n")[1], re.M)


def place_of(place, service):
    return place.replace("guichet_NAME", "guichet_" + service.replace("-", "_")).replace("NAME", service)


class Services(unittest.TestCase):
    def test_there_are_services_and_places(self):
        self.assertGreaterEqual(len(services()), 3)
        self.assertGreaterEqual(len(places()), 20)

    def test_every_service_stands_in_every_place_of_the_guide(self):
        missing = []
        for service in services():
            named = files_that_name(service)
            for place in places():
                path = place_of(place, service)
                if not os.path.exists(f"{ROOT}/{path}"):
                    missing.append(f"{service}: there is no {path}")
                elif path == place and path not in named:
                    missing.append(f"{service}: {path} does not name it")
        self.assertEqual(missing, [])

    def test_the_guide_forgets_no_place_that_names_every_service(self):
        known = {place_of(place, service) for place in places() for service in services()}
        everybody = set.intersection(*(files_that_name(service) for service in services()))
        forgotten = sorted(f for f in everybody - known - {GUIDE} if not f.startswith(tuple(f"services/{s}/" for s in services())))
        self.assertEqual(forgotten, [])
