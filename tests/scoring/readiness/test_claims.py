import pytest

from scoring.readiness.claims import _CHINESE_LABELS, _SCHEMES, claim, claimed_level_range
from scoring.technology import EvidenceGrade


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("推广应用", (8, 9)),
        ("工程应用", (8, 9)),
        ("首台套示范", (7, 8)),
        ("示范", (6, 8)),
        ("示范技术", (7, 8)),
        ("中试", (5, 6)),
        ("中试阶段", (5, 6)),
        ("样机试验", (4, 6)),
        ("实验室", (3, 4)),
        ("实验室技术", (3, 4)),
        ("发明专利", (2, 4)),
        ("ERC-STG", (1, 3)),
        ("ERC-POC-LS", (3, 5)),
        ("MSCA-IF-EF-ST", (1, 4)),
        ("FCH2-RIA", (3, 6)),
        ("IA", (5, 8)),
        ("BBI-IA-DEMO", (6, 8)),
        ("BBI-IA-FLAG", (7, 8)),
        (" sme-2 ", (6, 9)),
        ("ＳＭＥ－１", (6, 7)),
        ("SBIR Phase II", (4, 6)),
    ],
)
def test_a_known_label_claims_its_levels(label, expected):
    assert claimed_level_range(label) == expected


@pytest.mark.parametrize(
    "label",
    [None, "", "技术展厅", "国家技术成果库", "产品/技术（企业自述）", "CSA", "ERA-NET-Cofund", "尚未工程应用", "阶段"],
)
def test_a_label_that_says_nothing_of_maturity_claims_nothing(label):
    assert claimed_level_range(label) is None


def test_every_claim_is_a_range_of_levels_and_never_more_than_a_documented_word():
    for known in [*_CHINESE_LABELS.values(), *_SCHEMES.values()]:
        assert 1 <= known.low <= known.high <= 9
        assert known.grade in (EvidenceGrade.CLAIMED, EvidenceGrade.DOCUMENTED)


def test_the_holders_word_is_weaker_than_an_official_list():
    assert claim("推广应用").grade < claim("推广技术").grade
