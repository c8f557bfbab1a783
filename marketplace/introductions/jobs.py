"""What a worker has to know of introductions: nobody defers a job here, but their timers have effects."""

from marketplace.introductions import service

__all__ = ["service"]
