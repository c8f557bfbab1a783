"""Words of a listing: its states, what it may lack, and what may be chosen in its rows."""

from api.calls.words import INSTRUMENTS
from marketplace.listings.process import LISTING
from scoring.technology import EvidenceGrade, TechnologyClass, Text

__all__ = ["INSTRUMENTS"]

STATES = {state.name: state.label for state in LISTING.states}
MISSING = {
    "summary.zh": Text(zh="中文简介", en="Summary in Chinese"),
    "summary.en": Text(zh="英文简介", en="Summary in English"),
    "media": Text(zh="所属领域", en="Fields"),
    "pollutants": Text(zh="污染物", en="Pollutants"),
    "industries": Text(zh="适用行业", en="Industries"),
    "chain_place": Text(zh="产业链环节", en="Place in the chain"),
    "parameters": Text(zh="技术参数", en="Parameters"),
    "costs": Text(zh="成本", en="Costs"),
    "cases": Text(zh="工程案例", en="Cases"),
    "evidence": Text(zh="证明材料", en="Evidence"),
    "patents": Text(zh="专利", en="Patents"),
    "team": Text(zh="团队", en="Team"),
    "effects": Text(zh="减污降碳效益", en="Effects"),
}
COST_KINDS = {"capex": Text(zh="投资", en="Investment"), "opex": Text(zh="运行费用", en="Operation")}
SCALES = {
    "laboratory": Text(zh="实验室", en="Laboratory"),
    "pilot": Text(zh="中试", en="Pilot"),
    "demonstration": Text(zh="示范", en="Demonstration"),
    "full": Text(zh="规模化", en="Full scale"),
}
GRADES = {
    EvidenceGrade.CLAIMED.value: Text(zh="E0 自述", en="E0 the holder says so"),
    EvidenceGrade.DOCUMENTED.value: Text(zh="E1 自有报告或数据", en="E1 own report or data"),
    EvidenceGrade.REVIEWED.value: Text(zh="E2 独立专家审阅或论文", en="E2 read by an expert, or published"),
    EvidenceGrade.TESTED.value: Text(zh="E3 有资质第三方检测", en="E3 measured by an accredited party"),
    EvidenceGrade.VERIFIED.value: Text(zh="E4 ETV 验证或主管部门验收", en="E4 verified (ETV) or accepted"),
}
EFFECTS = {
    "pollution-removed": Text(zh="削减污染", en="Pollution removed"),
    "greenhouse-gas-avoided": Text(zh="减排温室气体", en="Greenhouse gas avoided"),
}
TECHNOLOGY_CLASSES = {
    TechnologyClass.TREATMENT.value: Text(zh="治理技术", en="Treatment"),
    TechnologyClass.MANAGEMENT.value: Text(zh="管理技术", en="Management"),
    TechnologyClass.PRODUCT.value: Text(zh="产品装备", en="Product or equipment"),
}
PATENT_STATES = {
    "filed": Text(zh="已申请", en="Filed"),
    "granted": Text(zh="已授权", en="Granted"),
    "lapsed": Text(zh="已失效", en="Lapsed"),
    "refused": Text(zh="已驳回", en="Refused"),
}
ROUNDS = {
    "grant": Text(zh="政府资助", en="Grant"),
    "angel": Text(zh="天使投资", en="Angel"),
    "venture": Text(zh="风险投资", en="Venture capital"),
    "loan": Text(zh="贷款", en="Loan"),
    "equity": Text(zh="股权融资", en="Equity"),
}
YES_NO = {"true": Text(zh="是", en="Yes"), "false": Text(zh="否", en="No")}
