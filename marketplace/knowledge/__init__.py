"""What the platform knows beside technologies: cases, policies, standards, events, teams, topic zones, reviews."""
