"""What each ``greenhatch`` command does; `scoring.cli` finds them when they are asked for."""
