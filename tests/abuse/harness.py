"""The rules of the abuse suite, in one place: a case is a valid control, one change, and the outcome that
the change must have.

The harness sends the control first, which must be accepted; then the same with the change, between two
looks at everything that a refusal must leave alone: the rows of every database, cookies, mails, outgoing
requests, the processes. Whether exactly one audit entry was written is settled once for each section,
since refusals are written within a second and not at once.
"""
import collections
import dataclasses
import json
import os
import re
import time
import traceback

SETTLE_S = 6
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|UndefinedBehavior")
# Written beside every refusal, whatever it is of.
LOGS = {"audit", "kit_audit", "kit_chain"}
# Moves while a session is looked at, at most once a minute; and when the directory was asked again.
VOLATILE = {"session": {"last_seen_s"}, "agent": {"checked_s"}}


class Refused(AssertionError):
    """The product did not do what the case demands."""


@dataclasses.dataclass
class Outcome:
    """What the change must lead to. `look(page)` gives a sentence when the answer is not it."""
    name: str
    look: object
    audit: tuple = None            # (daemon, event, reason); None: nothing is written
    slug: str = None               # of the request's line in the log, when not the audit's reason
    accepted: bool = False         # the change is harmless: what the control may do, this may too
    writes: tuple = ()             # tables that this refusal may add to
    times: int = 1                 # refusals that one attack makes
    calls: int = 0                 # requests that may leave before it is refused
    source: str = "audit"          # audit, kit (counted), front (counted in the log)


@dataclasses.dataclass
class Case:
    row: str                       # identifier in the catalogue
    what: str
    door: object                   # has prepare(world) -> message, send(message) -> page, accepted(page) -> bool
    change: object                 # change(message), or None
    outcome: Outcome
    prior: object = None           # done to the message before the look at the state
    control: object = None         # done to the control too, so that one change is between them


@dataclasses.dataclass
class Result:
    case: Case
    ms: float = 0
    trouble: str = ""
    request: str = ""


class Log:
    """The lines of one daemon's log that have come since the last look."""

    def __init__(self, path):
        self.file = open(path, encoding="utf-8", errors="replace")
        self.rest = ""

    def more(self):
        text = self.rest + self.file.read()
        *lines, self.rest = text.split("\n")
        return lines


class Harness:
    def __init__(self, world):
        self.world = world
        self.logs = {d: Log(f"{world.town.state}/log/{d.name}.log") for d in world.daemons}
        self.requests = {}                      # request id -> line of the log
        self.sums = collections.Counter()       # (daemon, reason) that fronts have counted
        self.sanitizer = []

    # ---- looking ----

    def read_logs(self):
        for daemon, log in self.logs.items():
            for line in log.more():
                if SANITIZER.search(line):
                    self.sanitizer.append(f"{daemon.name}: {line[:300]}")
                if not line.startswith("{"):
                    continue
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue
                if entry["event"] == "request":
                    self.requests[entry["id"]] = dict(entry, daemon_name=daemon.name)
                elif entry["event"] == "http.refuse":
                    self.sums[("front", daemon.name, entry["reason"])] += entry["count"]

    def state(self):
        return {"rows": self.world.rows(LOGS, VOLATILE), "mails": self.world.mails(), "trap": self.world.trap.hits,
                "calls": self.world.provider.token_calls, "processes": self.world.processes()}

    def wait_request(self, known):
        """The line of the request that has just been answered; it is written after the answer."""
        end = time.monotonic() + 0.5
        while True:
            self.read_logs()
            new = [line for key, line in self.requests.items() if key not in known]
            if new or time.monotonic() > end:
                return new
            time.sleep(0.002)

    # ---- one case ----

    def run(self, case):
        result = Result(case)
        try:
            self._control(case)
            self._attack(case, result)
        except Refused as e:
            result.trouble = str(e)
        except Exception as e:              # the next case is still worth running
            result.trouble = f"{type(e).__name__}: {e} ({traceback.extract_tb(e.__traceback__)[-1].name})"
        return result

    def _message(self, case):
        m = case.door.prepare(self.world)
        if case.control:
            case.control(m)
        return m

    def _control(self, case):
        m = self._message(case)
        page = case.door.send(m)
        if not case.door.accepted(m, page):
            raise Refused(f"the control was not accepted: {page.status} {_words(page)}")

    def _attack(self, case, result):
        m = self._message(case)
        if case.prior:
            case.prior(m)
        self.read_logs()
        known, before = set(self.requests), self.state()
        start = time.monotonic()
        if case.change:
            case.change(m)
        page = case.door.send(m)
        result.ms = (time.monotonic() - start) * 1000
        after = self.state()
        # Before the outcome is judged, which may ask further questions.
        lines = [] if case.outcome.source == "front" else self.wait_request(known)
        self._judge(case, m, page, result, lines)
        if not case.outcome.accepted:
            self._unchanged(case, page, before, after)
        elif before["processes"] != after["processes"]:
            raise Refused("a process was replaced")

    def _judge(self, case, m, page, result, lines):
        o = case.outcome
        problem = o.look(m, page) if not o.accepted else None if case.door.accepted(m, page) else "was not accepted"
        if problem:
            raise Refused(f"{o.name}: {problem}: {page.status} {page.header('Location') or ''} {_words(page)}")
        if o.source == "front":
            return
        if not lines and o.audit:
            raise Refused("no line of the log tells of the request")
        if lines:
            result.request = lines[-1]["id"]
            slug = o.slug or (o.audit[2] if o.audit else None)
            if slug and slug != "*" and not any(line["slug"] == slug for line in lines):
                raise Refused(f"refused as {[line['slug'] for line in lines]}, not as {slug}")

    def _unchanged(self, case, page, before, after):
        for part in ("mails", "trap", "processes"):
            if before[part] != after[part]:
                raise Refused(f"{part} changed: {before[part]} -> {after[part]}")
        if after["calls"] - before["calls"] > case.outcome.calls:
            raise Refused("a request left that should not have")
        for table in before["rows"]:
            if before["rows"][table] != after["rows"].get(table) and table[1] not in case.outcome.writes:
                raise Refused(f"table {'.'.join(table)} changed")
        gained = [v for k, v in page.headers if k.lower() == "set-cookie" and re.match(r"(__Host-)?(session|guichet)=[^;]", v)]
        if gained:
            raise Refused("a session cookie was set")

    # ---- a section ----

    def section(self, cases):
        self.settle_quiet()
        base = self.world.audit_sums()
        self.read_logs()
        front = collections.Counter(self.sums)
        results = [self.run(case) for case in cases]
        self._settle(results, base, front)
        return results

    def settle_quiet(self):
        """Nothing of before is still on its way to an audit."""
        time.sleep(2.2)

    def _settle(self, results, base, front):
        wanted = self._expected(results)
        end = time.monotonic() + SETTLE_S
        while True:
            time.sleep(0.3)
            self.read_logs()
            now, entries = self.world.audit_sums(), self.world.audit_entries()
            short = [k for k, n in wanted.items() if self._count(k, now, base, front) < n]
            if (not short and self._all_there(results, entries)) or time.monotonic() > end:
                break
        for result in results:
            if not result.trouble:
                result.trouble = self._entry_trouble(result, entries) or ""
        for key, n in wanted.items():
            got = self._count(key, now, base, front)
            if got != n:
                for result in results:
                    if self._key(result.case.outcome) == key and not result.trouble:
                        result.trouble = f"{n} refusals of {key[-1]} were made in this section and {got} were written down"

    @staticmethod
    def _key(o):
        if o.accepted or not o.audit or o.source == "audit":
            return None
        return (o.source, *o.audit) if o.source == "kit" else ("front", o.audit[0], o.audit[2])

    def _expected(self, results):
        wanted = collections.Counter()
        for result in results:
            key = self._key(result.case.outcome)
            if key and not result.trouble:
                wanted[key] += result.case.outcome.times
        return wanted

    def _count(self, key, now, base, front):
        if key[0] == "front":
            return self.sums[key] - front[key]
        return now.get(key, 0) - base.get(key, 0)

    @staticmethod
    def _entry_trouble(result, entries):
        """Of a refusal that is written with its request: exactly one entry, of that event and reason."""
        o = result.case.outcome
        if o.source != "audit" or o.accepted or not result.request:
            return None
        got = entries.get(result.request, [])
        if not o.audit:
            return f"{got} was written, nothing had to be" if got else None
        _, event, reason = o.audit
        if len(got) != o.times or any(e[0] != event or (reason != "*" and e[1] != reason) for e in got):
            return f"audit entries {got}, wanted {event} {reason}"
        return None

    def _all_there(self, results, entries):
        return all(entries.get(r.request) for r in results
                   if r.case.outcome.source == "audit" and r.case.outcome.audit and not r.case.outcome.accepted and r.request and not r.trouble)


def _words(page):
    text = page.text if "html" in (page.header("Content-Type") or "") else page.html
    return text[:200]


__all__ = ["Case", "Harness", "Outcome", "Refused", "Result"]
