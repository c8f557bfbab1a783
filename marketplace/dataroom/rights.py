"""What a group may do with each thing in a room: the most specific right wins, and without one there is none."""

import uuid
from collections.abc import Mapping

from msgspec import Struct

from marketplace.dataroom.models import LEVELS

NONE, NAME, VIEW, DOWNLOAD = LEVELS
Levels = dict[uuid.UUID, str]


class Tree(Struct, frozen=True):
    """The folders of a room with their parents, and its documents with their folders; None is the room itself."""

    folders: Mapping[uuid.UUID, uuid.UUID | None]
    documents: Mapping[uuid.UUID, uuid.UUID | None]


def at_least(level: str, wanted: str) -> bool:
    return LEVELS.index(level) >= LEVELS.index(wanted)


def levels_in(tree: Tree, rights: Mapping[uuid.UUID | None, str]) -> Levels:
    """The level of every folder and document.

    `rights` are those of one group by the id of the folder or document they are for; None is for the whole room.
    """
    found: Levels = {}

    def level_of(folder: uuid.UUID | None) -> str:
        if folder is None:
            return rights.get(None, NONE)
        if folder not in found:
            found[folder] = rights.get(folder) or level_of(tree.folders[folder])
        return found[folder]

    for folder in tree.folders:
        level_of(folder)
    documents = {document: rights.get(document) or level_of(folder) for document, folder in tree.documents.items()}
    return found | documents


def full_levels(tree: Tree) -> Levels:
    """What the owner's side may do: everything."""
    return dict.fromkeys((*tree.folders, *tree.documents), DOWNLOAD)


def shown_parent(tree: Tree, levels: Levels, folder: uuid.UUID | None) -> uuid.UUID | None:
    """The nearest folder above that may be known; a hidden one gives nothing away, not even that it is there."""
    while folder is not None and levels[folder] == NONE:
        folder = tree.folders[folder]
    return folder


def depth_of(folders: Mapping[uuid.UUID, uuid.UUID | None], folder: uuid.UUID | None) -> int:
    """How many folders lie above, this one included.

    Raises
    ------
    ValueError
        The folders run in a circle.
    """
    depth = 0
    while folder is not None:
        depth += 1
        if depth > len(folders):
            raise ValueError("the folders run in a circle")
        folder = folders[folder]
    return depth
