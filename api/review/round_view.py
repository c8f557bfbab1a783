"""What a round's page shows of assignments and of the pack's reviews."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from marketplace.review.models import ReviewAssignment
from marketplace.review.pack import Pack
from marketplace.review.rubric import Given


def counts_of(assignments: Iterable[ReviewAssignment]) -> Counter[tuple[uuid.UUID, str]]:
    """How many reviews each person in the pool has to write and has written."""
    return Counter((one.reviewer_id, one.state) for one in assignments)


def named_ratings(opened: Pack) -> Mapping[uuid.UUID, Mapping[str, list[tuple[str, Given]]]]:
    """By application and criterion, who (under a made-up name) gave what, and why."""
    return {
        packed.application_id: {
            criterion.id: [
                (review.reviewer, given)
                for review in packed.reviews
                for given in msgspec.convert(review.ratings, list[Given])
                if given.criterion == criterion.id
            ]
            for criterion in opened.rubric.criteria
        }
        for packed in opened.applications
    }
