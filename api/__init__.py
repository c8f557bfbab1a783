"""What Greenhatch says over HTTP: JSON for programs, pages for people. Decisions are made in `marketplace`."""
