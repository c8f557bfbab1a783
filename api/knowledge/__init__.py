"""Knowledge items over HTTP: what is public, what authors write, and registrations for events."""
