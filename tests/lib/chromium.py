"""A town, and what Chromium finds in it: a script of tests/browser is run against daemons that were started for it."""
import os

import npm
from running_town import Town

SCRIPTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "browser")


def visit(script, question, **town):
    """(town, results, facts). question(town): what the script reads. The caller closes the town."""
    t = Town(**town).__enter__()
    try:
        done = npm.run(f"{SCRIPTS}/{script}", {**question(t), "folder": os.environ.get("GUICHET_SCREENSHOTS")})
    except BaseException:
        t.close()
        raise
    return t, done["results"], done.get("facts", {})
