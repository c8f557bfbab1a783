"""Processes as data, checked when they are made: nobody can be stranded in a state."""

from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct

from scoring.technology import Text


class ProcessError(ValueError):
    """A definition that could strand somebody; every fault of it at once."""


class State(Struct, frozen=True):
    name: str
    label: Text = Text()
    final: bool = False


class Transition(Struct, frozen=True):
    """`by` are the roles that may do it; `time` is the timers' role, `operator` the platform's."""

    name: str
    sources: tuple[str, ...]
    target: str
    by: frozenset[str] | set[str]
    label: Text = Text()
    needs_note: bool = False


class Timer(Struct, frozen=True):
    """In `state`, `transition` happens by itself after `after`; without it, at the time given to `advance(due=…)`."""

    state: str
    transition: str
    after: timedelta | None = None


class Process(Struct, frozen=True, kw_only=True):
    name: str
    version: int
    initial: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    timers: tuple[Timer, ...] = ()

    def __post_init__(self) -> None:
        if faults := _faults(self):
            raise ProcessError(f"process {self.name!r} version {self.version}: " + "; ".join(faults))

    def state(self, name: str) -> State:
        return next(state for state in self.states if state.name == name)

    def leaving(self, state: str) -> list[Transition]:
        return [transition for transition in self.transitions if state in transition.sources]

    def find(self, transition: str, state: str) -> Transition | None:
        return next((found for found in self.leaving(state) if found.name == transition), None)

    def timers_of(self, state: str) -> list[Timer]:
        return [timer for timer in self.timers if timer.state == state]


def _faults(process: Process) -> list[str]:
    names = [state.name for state in process.states]
    faults = [f"state {name!r} is defined twice" for name in sorted({n for n in names if names.count(n) > 1})]
    mentioned = {process.initial, *(t.target for t in process.transitions), *(t.state for t in process.timers)}
    mentioned |= {source for transition in process.transitions for source in transition.sources}
    unknown = sorted(mentioned - set(names))
    if faults or unknown:
        return faults + [f"there is no state {name!r}" for name in unknown]
    return _faults_of_transitions(process) + _faults_of_states(process) + _faults_of_timers(process)


def _faults_of_transitions(process: Process) -> list[str]:
    ways = [(transition.name, source) for transition in process.transitions for source in transition.sources]
    faults = [f"{name!r} leaves {source!r} twice" for name, source in sorted({w for w in ways if ways.count(w) > 1})]
    faults += [f"nobody may {t.name!r}" for t in process.transitions if not t.by]
    return faults + [f"{t.name!r} leaves no state" for t in process.transitions if not t.sources]


def _faults_of_states(process: Process) -> list[str]:
    forward: dict[str, set[str]] = {state.name: set() for state in process.states}
    backward: dict[str, set[str]] = {state.name: set() for state in process.states}
    for transition in process.transitions:
        for source in transition.sources:
            forward[source].add(transition.target)
            backward[transition.target].add(source)
    final = {state.name for state in process.states if state.final}
    reached, ending = _closure({process.initial}, forward), _closure(final, backward)
    faults = []
    for name in forward:
        if name not in reached:
            faults.append(f"state {name!r} cannot be reached")
        if name in final and forward[name]:
            faults.append(f"state {name!r} is final and can be left")
        if name not in ending:
            faults.append(f"state {name!r} leads to no end")
        if name not in final and not _has_escape(process, name, final):
            faults.append(f"state {name!r} has no escape: a transition by the operator to a final state")
    return faults


def _has_escape(process: Process, state: str, final: set[str]) -> bool:
    return any("operator" in way.by and way.target in final for way in process.leaving(state))


def _closure(start: set[str], edges: Mapping[str, set[str]]) -> set[str]:
    seen, new = set(start), set(start)
    while new:
        new = {target for name in new for target in edges[name]} - seen
        seen |= new
    return seen


def _faults_of_timers(process: Process) -> list[str]:
    faults = []
    for timer in process.timers:
        way = process.find(timer.transition, timer.state)
        if way is None or "time" not in way.by:
            faults.append(f"the timer in {timer.state!r} has no transition {timer.transition!r} that time may do")
        if timer.after is not None and timer.after <= timedelta(0):
            faults.append(f"the timer in {timer.state!r} must run for more than no time")
    timed = {(timer.transition, timer.state) for timer in process.timers}
    for way in process.transitions:
        faults += [
            f"time may {way.name!r} in {source!r}, but no timer does"
            for source in way.sources
            if way.by == {"time"} and (way.name, source) not in timed
        ]
    return faults


_DEFINED: dict[str, dict[int, Process]] = {}


def define(process: Process) -> Process:
    """Make a version of a process known; older versions stay defined as long as anything may run on them."""
    versions = _DEFINED.setdefault(process.name, {})
    if versions.setdefault(process.version, process) != process:
        raise ProcessError(f"process {process.name!r} version {process.version} is defined twice: add a version")
    return process


def defined(name: str, version: int) -> Process:
    return _DEFINED[name][version]


def latest(name: str) -> Process:
    return _DEFINED[name][max(_DEFINED[name])]
