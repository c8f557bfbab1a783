"""Whether the index has what the database has."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checks import Finding, check
from marketplace.search.library import Library
from marketplace.search.upkeep import changes_after, compared
from marketplace.settings import Settings


@check("search index")
async def index_agrees(session: AsyncSession, settings: Settings) -> Finding:
    library = Library(settings.home)
    if not library.is_wanted:
        return Finding(ok=True, said="none is kept on this machine")
    reading, through = library.reading(), library.through()
    if reading is None or through is None:
        return Finding(ok=True, said="none yet: the worker makes one within a minute")
    if behind := await changes_after(session, through.sequence):
        return Finding(ok=True, said=f"{behind} changes behind: the worker applies them within a minute")
    found = await compared(session, reading)
    if found.missing or found.left_over:
        said = f"lacks {len(found.missing)}, has {len(found.left_over)} too many: greenhatch db reindex"
        return Finding(ok=False, said=said)
    return Finding(ok=True, said=f"{found.documents} documents, as in the database")
