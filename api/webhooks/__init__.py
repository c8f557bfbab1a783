"""The feed of events over HTTP, and the addresses it is sent to."""
