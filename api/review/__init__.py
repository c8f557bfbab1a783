"""Review over HTTP: for the organiser of a call, for reviewers, for applicants."""
