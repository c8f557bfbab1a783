"""PostgreSQL 18 started by Greenhatch itself, from a wheel, without root and without installation."""

from marketplace.embedded.layout import EmbeddedError, Layout
from marketplace.embedded.server import DATABASE, EmbeddedPostgres, Role

__all__ = ["DATABASE", "EmbeddedError", "EmbeddedPostgres", "Layout", "Role"]
