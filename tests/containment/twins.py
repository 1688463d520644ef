"""A build folder whose programs are the real ones, but for some that a test replaces by twins of its own."""
import contextlib
import os
import shutil
import tempfile

from running_town import BUILD, Town


@contextlib.contextmanager
def town_with(twins, **options):
    """A running town. twins: program -> its twin's path in the build folder."""
    folder = tempfile.mkdtemp(prefix="guichet-twins-")
    os.chmod(folder, 0o755)
    try:
        shutil.copytree(f"{BUILD}/stage", f"{folder}/stage", symlinks=True)
        for program, twin in twins.items():
            shutil.copy(f"{BUILD}/{twin}", f"{folder}/stage/usr/libexec/guichet/{program}")
        town = Town(**options)
        town.build = folder
        with town:
            yield town
    finally:
        shutil.rmtree(folder, ignore_errors=True)
