"""The ledger: everything that is said and shown of a technology, criterion by criterion, before anything is scored."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from scoring.readiness.assessment import Discount, Status
from scoring.readiness.evidence import ABSENT, FUTURE_RATING, UNKNOWN_REFERENCE, UNRATED, effective_ranks
from scoring.readiness.facts import met
from scoring.readiness.framework import GRADES, Index, Target
from scoring.technology import Rating, Technology

_NOTHING = -1  # the rank where no document is offered
_CERTAIN = max(GRADES.values())


class Ledger:
    """Per criterion: is it claimed, is it denied, and the rank and names of the documents that back it."""

    def __init__(self, index: Index, technology: Technology, as_of: date, chosen: str | None) -> None:
        size = len(index.need)
        self.index = index
        self.technology = technology
        self.as_of = as_of
        self.chosen = chosen
        self.rank = [_NOTHING] * size
        self.claimed = [False] * size
        self.denied = [False] * size
        self.documents: list[tuple[str, ...]] = [()] * size
        self.spoken_of: set[int] = set()  # scales of which anything is known
        self.asserted: set[int] = set()  # scales whose level somebody has named; a fact only says "at least"
        self.not_applicable: set[int] = set()
        self.errors: list[str] = []
        self.ranks, self.discounts = effective_ranks(technology.evidence, as_of, index.framework.valid_months)
        self.held = {document.id for document in technology.evidence}
        self.backing = self._backing()
        self._add_ratings()
        self._add_claim()
        self._add_facts()
        self._flow_down()
        self.status = self._statuses()

    def _status(self, criterion: int) -> Status:
        if self.denied[criterion]:
            return Status.DISPUTED if self.claimed[criterion] else Status.DENIED
        if self.rank[criterion] >= self.index.need[criterion]:
            return Status.PROVEN
        return Status.CLAIMED if self.claimed[criterion] else Status.UNKNOWN

    def _claim(self, criteria: Sequence[int], rank: int = _NOTHING, documents: tuple[str, ...] = ()) -> None:
        for i in criteria:
            self.claimed[i] = True
            self.rank[i] = max(self.rank[i], rank)
            if documents:
                self.documents[i] += documents

    def _assert(self, scale: int) -> None:
        self.spoken_of.add(scale)
        self.asserted.add(scale)

    def _backing(self) -> dict[Target, tuple[str, ...]]:
        """The documents offered for whole scales; those offered for criteria are entered at once."""
        backing: dict[Target, tuple[str, ...]] = {}
        prefix = f"{self.index.framework.id}."
        for document in self.technology.evidence:
            for reference in document.supports:
                if reference != prefix[:-1] and not reference.startswith(prefix):
                    continue
                target = self.index.resolve(reference, self.chosen)
                if target is None:
                    self.discounts.append(Discount(evidence=document.id, reason=UNKNOWN_REFERENCE))
                elif document.id in self.ranks:
                    self._offer(document.id, target, backing)
        return backing

    def _offer(self, document: str, target: Target, backing: dict[Target, tuple[str, ...]]) -> None:
        if target.level is None:
            backing[target] = (*backing.get(target, ()), document)
        else:
            self._assert(target.scale)
            self._claim(target.criteria, self.ranks[document], (document,))

    def _add_ratings(self) -> None:
        answered: set[Target] = set()
        for target, rating in self._newest_ratings():
            self._assert(target.scale)
            answered.add(target)
            documents = self._documents_of(rating) + self.backing.get(target, ())
            rank = max((self.ranks[document] for document in documents), default=_NOTHING)
            if target.level is None:
                self._rate_scale(target, rating, rank, documents)
            elif rating.value:
                self._claim(target.criteria, rank, documents)
            else:
                self._deny(target.criteria)
        claimable = self._claimed_scale()
        for target, documents in self.backing.items():
            if target not in answered and target.scale != claimable:
                self.discounts.extend(Discount(evidence=document, reason=UNRATED) for document in documents)

    def _newest_ratings(self) -> list[tuple[Target, Rating]]:
        """What each rater last said of each criterion; two answers of one day both stand."""
        newest: dict[tuple[Target, str | None], list[Rating]] = {}
        for rating in self.technology.ratings.get(self.index.framework.id, ()):
            target = self._checked(rating)
            if target is None:
                continue
            said = newest.setdefault((target, rating.rater), [])
            if not said or _day(rating) >= _day(said[0]):
                said[:] = [*(r for r in said if _day(r) == _day(rating)), rating]
        return [(target, rating) for (target, _), said in newest.items() for rating in said]

    def _checked(self, rating: Rating) -> Target | None:
        target = self.index.resolve(rating.criterion, self.chosen)
        if target is None:
            self.errors.append(f"rating {rating.criterion!r}: expected a criterion of {self.index.framework.id}")
        elif not self._on_scale(target, rating.value):
            self.errors.append(f"rating {rating.criterion!r}: {rating.value!r}: expected {self._expected(target)}")
        elif rating.dated is not None and rating.dated > self.as_of:
            self.discounts.append(Discount(evidence=f"rating:{rating.criterion}", reason=FUTURE_RATING))
        else:
            return target
        return None

    def _on_scale(self, target: Target, value: bool | int | str) -> bool:
        if target.level is not None:
            return isinstance(value, bool)
        if self.index.framework.values:
            return isinstance(value, str) and value in self.index.framework.values
        return isinstance(value, int) and not isinstance(value, bool) and self.index.floor <= value <= self.index.top

    def _expected(self, target: Target) -> str:
        if target.level is not None:
            return "true or false"
        words = ", ".join(map(repr, self.index.framework.values))
        return f"one of {words}" if words else f"a whole number from {self.index.floor} to {self.index.top}"

    def _documents_of(self, rating: Rating) -> tuple[str, ...]:
        absent = [document for document in rating.evidence if document not in self.held]
        self.discounts.extend(Discount(evidence=document, reason=ABSENT) for document in absent)
        return tuple(document for document in rating.evidence if document in self.ranks)

    def _rate_scale(self, target: Target, rating: Rating, rank: int, documents: tuple[str, ...]) -> None:
        level = self._level_of(rating)
        if level == 0:
            self.not_applicable.add(target.scale)
            self._claim(target.criteria, _CERTAIN)
            return
        for at, rung in self.index.rungs[target.scale]:
            if at == level:
                self._claim(rung, rank, documents)
            elif at > level:
                self._deny(rung)

    def _level_of(self, rating: Rating) -> int:
        """The level a rating means; not applicable (0) needs a written reason, and is the worst level without it."""
        level = self.index.framework.values.get(str(rating.value), rating.value)
        if level == 0 and not (rating.rationale or "").strip():
            return self.index.floor
        return int(level)

    def _deny(self, criteria: Sequence[int]) -> None:
        for i in criteria:
            self.denied[i] = True

    def _claimed_scale(self) -> int | None:
        """The scale that a field of the technology claims a level of."""
        field = self.index.framework.claimed_by
        if field is None or getattr(self.technology, field) is None:
            return None
        target = self.index.resolve(self.index.framework.id, self.chosen)
        return None if target is None else target.scale

    def _add_claim(self) -> None:
        scale = self._claimed_scale()
        if scale is None:
            return
        level = getattr(self.technology, str(self.index.framework.claimed_by))
        if not self.index.floor <= level <= self.index.top:
            expected = f"a whole number from {self.index.floor} to {self.index.top}"
            self.errors.append(f"{self.index.framework.claimed_by}: {level!r}: expected {expected}")
            return
        documents = self.backing.get(self.index.targets[self._short_ref(scale)], ())
        rank = max((self.ranks[document] for document in documents), default=_NOTHING)
        self._assert(scale)
        self._claim(next((rung for at, rung in self.index.rungs[scale] if at == level), ()), rank, documents)

    def _short_ref(self, scale: int) -> str:
        return self.index.scale_refs[scale].removeprefix(f"{self.index.framework.id}.")

    def _add_facts(self) -> None:
        for rule in self.index.framework.facts:
            found = met(rule.needs, self.technology, self.ranks, self.as_of)
            if found is None:
                continue
            rank, documents = found
            for reference in rule.meets:
                target = self.index.resolve(reference, self.chosen)
                if target is not None:
                    self.spoken_of.add(target.scale)
                    self._claim(target.criteria, max(rank, GRADES[rule.grade]), documents)

    def _statuses(self) -> list[Status]:
        statuses = [Status.UNKNOWN] * len(self.rank)
        for scale in self.spoken_of:
            for thread in self.index.threads[scale]:
                for i in thread:
                    statuses[i] = self._status(i)
        return statuses

    def _flow_down(self) -> None:
        """Who shows a level shows the lower levels of the same thread."""
        for scale in self.spoken_of:
            for thread in self.index.threads[scale]:
                for above, i in pairwise(thread):
                    if self.claimed[above]:
                        self._claim((i,), self.rank[above], self.documents[above])


def _day(rating: Rating) -> date:
    return rating.dated or date.min
