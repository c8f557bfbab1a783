"""What a maturity label or a funding scheme claims, in technology readiness levels.

A label is somebody's word, so its range bounds the level from above and proves nothing by itself. Labels that say
where a technology is listed, and not how mature it is, claim nothing.
"""

import unicodedata

from msgspec import Struct

from scoring.technology import EvidenceGrade

_SAID = EvidenceGrade.CLAIMED
_DOCUMENTED = EvidenceGrade.DOCUMENTED


class Claim(Struct, frozen=True):
    """The levels that a label claims, and how far the label itself can be believed."""

    low: int
    high: int
    grade: EvidenceGrade


# The words of Chinese catalogues. Three of them have official definitions: 推广技术 has three cases of a year or more,
# 鼓励技术 is proven in engineering practice, 示范技术 has nearly reached it.
_CHINESE_LABELS = {
    "推广技术": Claim(9, 9, _DOCUMENTED),
    "鼓励技术": Claim(8, 9, _DOCUMENTED),
    "示范技术": Claim(7, 8, _DOCUMENTED),
    "规模化应用": Claim(9, 9, _SAID),
    "产业化": Claim(8, 9, _SAID),
    "推广应用": Claim(8, 9, _SAID),
    "工程应用": Claim(8, 9, _SAID),
    "首台套示范": Claim(7, 8, _SAID),
    "首台套": Claim(7, 8, _SAID),
    "工程示范": Claim(7, 8, _SAID),
    "示范工程": Claim(7, 8, _SAID),
    "示范应用": Claim(7, 8, _SAID),
    "示范": Claim(6, 8, _SAID),
    "中试": Claim(5, 6, _SAID),
    "样机试验": Claim(4, 6, _SAID),
    "样机": Claim(4, 6, _SAID),
    "小试": Claim(4, 4, _SAID),
    "实验室": Claim(3, 4, _SAID),
    "发明专利": Claim(2, 4, _DOCUMENTED),
    "专利申请": Claim(2, 4, _SAID),
    "概念": Claim(1, 2, _SAID),
}

# Where a Horizon 2020 action is meant to end up. A grant is decided by peers on a plan, and is no result.
_SCHEMES = {
    "erc": Claim(1, 3, _DOCUMENTED),
    "erc-poc": Claim(3, 5, _DOCUMENTED),
    "msca": Claim(1, 4, _DOCUMENTED),
    "ria": Claim(3, 6, _DOCUMENTED),
    "ia": Claim(5, 8, _DOCUMENTED),
    "ia-demo": Claim(6, 8, _DOCUMENTED),
    "ia-flag": Claim(7, 8, _DOCUMENTED),
    "sme-1": Claim(6, 7, _DOCUMENTED),
    "sme-2": Claim(6, 9, _DOCUMENTED),
    "sbir phase i": Claim(2, 4, _DOCUMENTED),
    "sbir phase ii": Claim(4, 6, _DOCUMENTED),
}
_PREFIXES = ("erc-poc", "erc", "msca")
_SUFFIXES = ("ia-demo", "ia-flag", "ria", "ia")  # joint undertakings put their own name first: FCH2-RIA, BBI-IA-DEMO
_CHINESE_ENDINGS = ("阶段", "技术", "类")


def claim(label: str | None) -> Claim | None:
    """What ``label`` claims, or None where it claims nothing that we know.

    Only whole labels are known: in "not yet 工程应用" the words 工程应用 claim nothing.

    Parameters
    ----------
    label : str or None
        A Chinese maturity label, a Horizon 2020 funding scheme or an SBIR phase; case and width do not matter.

    Examples
    --------
    >>> claim("首台套示范")
    Claim(low=7, high=8, grade=<EvidenceGrade.CLAIMED: 'E0'>)
    >>> claim("技术展厅") is None
    True
    """
    if not label:
        return None
    normal = unicodedata.normalize("NFKC", label).strip().casefold()
    return _chinese(normal) or _scheme(normal)


def claimed_level_range(label: str | None) -> tuple[int, int] | None:
    """The lowest and the highest readiness level that ``label`` claims, or None where it claims none.

    Examples
    --------
    >>> claimed_level_range("工程应用"), claimed_level_range("FCH2-RIA"), claimed_level_range("国家技术成果库")
    ((8, 9), (3, 6), None)
    """
    known = claim(label)
    return None if known is None else (known.low, known.high)


def _chinese(label: str) -> Claim | None:
    if label in _CHINESE_LABELS:
        return _CHINESE_LABELS[label]
    for ending in _CHINESE_ENDINGS:
        if label.endswith(ending):
            return _CHINESE_LABELS.get(label.removesuffix(ending))
    return None


def _scheme(label: str) -> Claim | None:
    if label in _SCHEMES:
        return _SCHEMES[label]
    for prefix in _PREFIXES:
        if label.startswith(f"{prefix}-"):
            return _SCHEMES[prefix]
    for suffix in _SUFFIXES:
        if label.endswith(f"-{suffix}"):
            return _SCHEMES[suffix]
    return None
