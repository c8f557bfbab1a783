"""Words for the values that data knows by code, in both languages: for lists of choices, facets and facts."""

import re

from marketplace.needs.vocabulary import POLLUTANTS
from scoring.technology import MEDIUM_NAMES, Text


def _words(**pairs: tuple[str, str]) -> dict[str, Text]:
    return {code.replace("_", "-"): Text(zh=zh, en=en) for code, (zh, en) in pairs.items()}


MEDIA = {medium.value: name for medium, name in MEDIUM_NAMES.items()}
INDUSTRY_GROUPS = _words(
    traditional=("传统产业", "Traditional industry"),
    green=("绿色低碳产业", "Green and low-carbon industry"),
    emerging=("新兴产业", "Emerging industry"),
)
CHAIN_PLACES = _words(
    material=("材料药剂", "Material"),
    equipment=("装备", "Equipment"),
    monitoring=("监测", "Monitoring"),
    treatment=("治理工艺", "Treatment"),
    information=("信息化", "Information"),
)
PROVENANCES = _words(
    award=("获奖成果", "Award"),
    ministry_catalogue=("部委目录", "Ministry catalogue"),
    national_project=("国家科技项目", "National project"),
    self_nominated=("审核自荐", "Reviewed self-nomination"),
)
KINDS = _words(
    holder=("技术持有方", "Technology holder"),
    investor=("投资机构", "Investor"),
    incubator=("孵化器", "Incubator"),
    demand=("需求方（地方政府、企业）", "Local government or enterprise with a need"),
    assessor=("评估专家机构", "Assessor"),
    operator=("平台运营方", "Operator"),
)
ROLES = _words(
    owner=("所有者", "Owner"), admin=("管理员", "Administrator"), member=("成员", "Member"), viewer=("只读", "Viewer")
)


_PARAMETERS = {
    "influent": ("进水/进气", "Influent"),
    "removal": ("去除率", "Removal of"),
    "scale": ("处理规模", "Scale"),
    "energy": ("能耗", "Energy"),
    "ghg-avoided": ("减排温室气体", "Greenhouse gas avoided"),
    "greenhouse-gas-avoided": ("减排温室气体", "Greenhouse gas avoided"),
    "pollution-removed": ("削减污染", "Pollution removed"),
}


def parameter(name: str) -> Text:
    """`removal.TN` in words; a name that nobody knows stays as it is."""
    kind, _, of = name.partition(".")
    zh, en = _PARAMETERS.get(kind, (kind, kind.replace("-", " ").capitalize()))
    return Text(zh=f"{zh} {pollutant(of).zh if of else ''}".strip(), en=f"{en} {_within(of)}".strip())


_IN_ENGLISH = {
    "Cd(稻米)": "Cd in rice",
    "互花米草盖度": "Spartina cover",
    "微生物": "Microbes",
    "总硫": "Total sulphur",
    "杂物": "Impurities",
    "植被盖度缺口": "Missing plant cover",
    "聚烯烃": "Polyolefins",
    "聚酯": "Polyester",
    "风蚀量": "Wind erosion",
}


def _within(name: str) -> str:
    """A pollutant's English name in the middle of a phrase; symbols stay as they are."""
    english = str(pollutant(name).en)
    return english if english == name or name in _FORMULAE else english[:1].lower() + english[1:]


_FORMULAE = {
    "BOD5": "BOD₅",
    "CH4": "CH₄",
    "CO2": "CO₂",
    "CO2e": "CO₂e",
    "Cr6+": "Cr⁶⁺",
    "H2S": "H₂S",
    "N2O": "N₂O",
    "NH3": "NH₃",
    "NH3-N": "NH₃-N",
    "NO3-N": "NO₃-N",
    "SF6": "SF₆",
    "SO2": "SO₂",
}


def pollutant(name: str) -> Text:
    """What the catalogue calls by a symbol is that in every language; what it calls in Chinese has an English name."""
    if name in _FORMULAE:
        return Text(zh=_FORMULAE[name], en=_FORMULAE[name])
    if name in _IN_ENGLISH:
        return Text(zh=name, en=_IN_ENGLISH[name])
    english = name if name.isascii() else next((word for word in POLLUTANTS.get(name, ()) if word.isascii()), name)
    return Text(zh=name, en=english if english == name else english.capitalize().replace("vocs", "VOCs"))


_UNITS = {
    "CNY": ("元", "CNY"),
    "installation": ("套", "installation"),
    "instrument": ("台", "instrument"),
    "instruments": ("台", "instruments"),
    "sample": ("份样品", "sample"),
    "samples": ("份样品", "samples"),
    "share": ("比例", "share"),
    "year": ("年", "year"),
    "倍": ("倍", "dilutions"),
}


_CUBED = re.compile(r"(?<![A-Za-z])(N?[kcm]?m)([23])(?![0-9A-Za-z])")
_RAISED = str.maketrans("23", "²³")


def typeset(text: str) -> str:
    """`Nm3` and `CO2` as they are printed: Nm³, CO₂.

    Examples
    --------
    >>> typeset("0.4 kg CO2e/1000 Nm3, from m3/d")
    '0.4 kg CO₂e/1000 Nm³, from m³/d'
    """
    raised = _CUBED.sub(lambda found: found[1] + found[2].translate(_RAISED), text)
    return re.sub(r"\bCO2(?=e?\b)", "CO₂", raised)


def unit(name: str) -> Text:
    """`kWh/instrument` with its words in words; symbols are the same everywhere."""
    parts = [_UNITS.get(part.strip(), (part, part)) for part in name.split("/")]
    zh, en = ("/".join(one) for one in zip(*parts, strict=True))
    return Text(zh=typeset(zh).replace("ug/", "µg/"), en=typeset(en).replace("ug/", "µg/"))
