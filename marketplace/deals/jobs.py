"""What happens to deals by itself. A worker imports this to know the steps that follow timers, and the reminders."""

from marketplace.deals import course, letters

__all__ = ["course", "letters"]
