"""The API describes itself: `/schema/openapi.json` for programs, `/schema` to be read, nothing from elsewhere."""

from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from litestar import Request, Router
from litestar._openapi.schema_generation.schema import SchemaCreator
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, Schema, SecurityScheme
from litestar.openapi.spec.schema import SchemaDataContainer
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from api.access import PUBLIC
from api.examples import with_examples

COOKIE, KEY = "session", "api_key"

_ABOUT = """
Times are RFC 3339 in UTC, amounts whole minor units with their currency, texts bilingual (`zh`, `en`).
Every error is `application/problem+json` and names all bad fields. Lists are pages: follow `next` with `?cursor=`.
A POST with the header `Idempotency-Key` acts once, however often it is sent. After too many requests the answer is 429
with `Retry-After`. People sign in with a cookie, and send its session's `csrf_token` as `X-CSRF-Token` with every
change; programs send an API key as `Authorization: Bearer gh_…`.
""".strip()

_SCHEMES: dict[str, Any] = {
    COOKIE: SecurityScheme(
        type="apiKey",
        security_scheme_in="cookie",
        name="greenhatch",
        description="Set by POST /api/v1/session; __Host-greenhatch behind https. Changes also need X-CSRF-Token.",
    ),
    KEY: SecurityScheme(type="http", scheme="bearer", description="An API key of the organisation, with its scopes."),
}


class VariadicTuples(OpenAPISchemaPlugin):
    """`tuple[X, ...]` is a list of X: left alone, one with bounds is described as X or anything else."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        args = field_definition.args
        return field_definition.origin is tuple and len(args) == 2 and args[1] is Ellipsis

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        return SchemaDataContainer(data_container=list[field_definition.args[0]])  # type: ignore[name-defined]


_pages = Environment(loader=PackageLoader("api", "templates"), autoescape=select_autoescape(), trim_blocks=True)


class ReadablePage(OpenAPIRenderPlugin):
    """The document as one page of plain HTML."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        with_examples(openapi_schema)
        return _pages.get_template("schema.html").render(document=openapi_schema).encode()


class ForPrograms(JsonRenderPlugin):
    """The document itself."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, with_examples(openapi_schema))


def configuration() -> OpenAPIConfig:
    """Everybody may read it: what is secret is in the answers, not in their shape."""
    return OpenAPIConfig(
        title="Greenhatch",
        version="1",
        description=_ABOUT,
        use_handler_docstrings=True,
        openapi_router=Router("/schema", route_handlers=[], opt={"access": PUBLIC}, include_in_schema=False),
        render_plugins=[ReadablePage(path="/"), ForPrograms()],
        components=Components(security_schemes=_SCHEMES),
    )
