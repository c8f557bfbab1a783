"""What a worker has to know of needs: nobody defers a job here, but their timers have effects."""

from marketplace.needs import consultations, letters, solutions

__all__ = ["consultations", "letters", "solutions"]
