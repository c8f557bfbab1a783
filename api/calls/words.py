"""Words for what calls and applications know by code, in both languages."""

from marketplace.applications.process import APPLICATION
from marketplace.calls.process import CALL, FINANCING_REQUEST
from marketplace.process_definition import Process
from scoring.technology import Text

INSTRUMENTS = {
    "grant": Text(zh="资助", en="Grant"),
    "loan": Text(zh="贷款", en="Loan"),
    "convertible": Text(zh="可转债", en="Convertible"),
    "equity": Text(zh="股权", en="Equity"),
    "revenue-share": Text(zh="收益分成", en="Revenue share"),
}
STAGES = {
    "concept": Text(zh="概念阶段", en="Concept"),
    "proposal": Text(zh="方案阶段", en="Proposal"),
    "interview": Text(zh="面谈阶段", en="Interview"),
}
BLINDED = {
    "organisation": Text(zh="机构名称", en="Organisation"),
    "country": Text(zh="国家或地区", en="Country"),
    "team": Text(zh="团队", en="Team"),
    "technology-name": Text(zh="技术名称", en="Name of the technology"),
    "earlier-funding": Text(zh="既往资助", en="Earlier funding"),
}
PURPOSES = {
    "equipment": Text(zh="设备", en="Equipment"),
    "personnel": Text(zh="人员", en="Personnel"),
    "materials": Text(zh="材料", en="Materials"),
    "testing": Text(zh="检测", en="Testing"),
    "verification": Text(zh="验证", en="Verification"),
    "pilot-site": Text(zh="中试场地", en="Pilot site"),
    "intellectual-property": Text(zh="知识产权", en="Intellectual property"),
    "other": Text(zh="其他", en="Other"),
}
OPERATORS = {
    "at-least": Text(zh="不低于", en="at least"),
    "at-most": Text(zh="不高于", en="at most"),
    "any-of": Text(zh="为其中之一", en="one of"),
    "all-of": Text(zh="全部包含", en="all of"),
    "none-of": Text(zh="均不包含", en="none of"),
    "is": Text(zh="是/否", en="is (yes or no)"),
}
ANSWERS = {
    "text": Text(zh="文字", en="Text"),
    "number": Text(zh="数字", en="Number"),
    "choice": Text(zh="单选", en="One choice"),
    "yes-no": Text(zh="是/否", en="Yes or no"),
}
PARTS_OF_CALL = {
    "title": Text(zh="标题", en="Title"),
    "thesis": Text(zh="征集说明", en="What it is for"),
    "media": Text(zh="领域", en="Fields"),
    "regions": Text(zh="地区", en="Regions"),
    "instrument": Text(zh="融资工具", en="Instrument"),
    "trl_low": Text(zh="成熟度下限", en="Lowest readiness"),
    "trl_high": Text(zh="成熟度上限", en="Highest readiness"),
    "ticket_min": Text(zh="单笔下限", en="Smallest amount"),
    "ticket_max": Text(zh="单笔上限", en="Largest amount"),
    "seats": Text(zh="名额", en="Seats"),
    "deadline": Text(zh="截止时间", en="Deadline"),
    "eligibility": Text(zh="申报条件", en="Conditions"),
    "rubric": Text(zh="评审标准", en="Rubric"),
    "stages": Text(zh="阶段", en="Stages"),
    "blind_fields": Text(zh="盲评隐藏项", en="Hidden from reviewers"),
    "questions": Text(zh="问题", en="Questions"),
    "documents": Text(zh="材料", en="Documents"),
    "retention_days": Text(zh="资料保存天数", en="Days kept"),
}


def states_of(process: Process) -> dict[str, Text]:
    return {state.name: state.label for state in process.states}


CALL_STATES = states_of(CALL)
APPLICATION_STATES = states_of(APPLICATION)
REQUEST_STATES = states_of(FINANCING_REQUEST)
