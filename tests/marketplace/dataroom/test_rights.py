"""The most specific right wins: against a second, slower way to say it."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.dataroom.models import LEVELS
from marketplace.dataroom.rights import Tree, depth_of, levels_in, shown_parent
from marketplace.dataroom.standing import why_not_open

IDS = [uuid.UUID(int=number) for number in range(1, 13)]


@st.composite
def rooms(draw: st.DrawFn) -> tuple[Tree, dict[uuid.UUID | None, str]]:
    count = draw(st.integers(0, 6))
    folders: dict[uuid.UUID, uuid.UUID | None] = {}
    for folder in IDS[:count]:
        folders[folder] = draw(st.sampled_from([None, *folders]))
    documents = {document: draw(st.sampled_from([None, *folders])) for document in IDS[6 : 6 + draw(st.integers(0, 6))]}
    things = st.sampled_from([None, *folders, *documents])
    return Tree(folders, documents), draw(st.dictionaries(things, st.sampled_from(LEVELS)))


@given(rooms())
def test_the_nearest_right_on_the_way_up_decides(room: tuple[Tree, dict[uuid.UUID | None, str]]) -> None:
    tree, rights = room
    found = levels_in(tree, rights)
    for thing in (*tree.folders, *tree.documents):
        way: list[uuid.UUID | None] = [thing]
        while way[-1] is not None:
            way.append(tree.folders[way[-1]] if way[-1] in tree.folders else tree.documents[way[-1]])
        assert found[thing] == next((rights[step] for step in way if step in rights), "none")


@given(rooms())
def test_a_hidden_folder_is_nobodys_parent(room: tuple[Tree, dict[uuid.UUID | None, str]]) -> None:
    tree, rights = room
    levels = levels_in(tree, rights)
    for folder in tree.documents.values():
        shown = shown_parent(tree, levels, folder)
        assert shown is None or levels[shown] != "none"


def test_folders_in_a_circle_are_found() -> None:
    one, two = IDS[:2]
    assert depth_of({one: None, two: one}, two) == 2
    with pytest.raises(ValueError, match="circle"):
        depth_of({one: two, two: one}, two)


@pytest.mark.parametrize("action", ["view", "download"])
def test_a_higher_level_never_allows_less(action: str) -> None:
    for marked in (True, False):
        allowed = [why_not_open(level, action, marked=marked) is None for level in LEVELS]
        assert allowed == sorted(allowed)
