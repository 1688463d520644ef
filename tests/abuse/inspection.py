"""Rows that demand a property of what is served in good order: no change, one look."""
import dataclasses
import time

from harness import Refused, Result


@dataclasses.dataclass
class Property:
    name: str = "holds"
    accepted: bool = True
    audit: tuple = None
    source: str = "none"
    times: int = 1


@dataclasses.dataclass
class Inspection:
    row: str
    what: str
    look: object                   # look(world) raises Refused
    outcome: Property = dataclasses.field(default_factory=Property)

    def run(self, world):
        result, start = Result(self), time.monotonic()
        try:
            self.look(world)
        except Exception as e:              # the next row is still worth a look
            result.trouble = str(e) if isinstance(e, Refused) else f"{type(e).__name__}: {e}"
        result.ms = (time.monotonic() - start) * 1000
        return result


def hold(condition, what):
    if not condition:
        raise Refused(what)


__all__ = ["Inspection", "hold"]
