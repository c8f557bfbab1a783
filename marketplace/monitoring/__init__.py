"""What comes after a deal: reports with evidence, measures against plan, warnings, and forecasts that are scored."""
