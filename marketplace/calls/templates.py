"""Calls to start from: complete, sensible, in both languages; the poster changes what differs."""

import datetime
from typing import NamedTuple

from marketplace.calls.content import (
    Amount,
    Anchor,
    CallContent,
    Criterion,
    DocumentAsked,
    Question,
    Rubric,
)
from marketplace.calls.eligibility import Rule
from marketplace.texts import LongText, ShortText
from scoring.technology import Medium, Text

OPEN_FOR = datetime.timedelta(days=60)


class Template(NamedTuple):
    """`content` lacks nothing; its deadline is counted from the day it is asked for."""

    key: str
    name: Text
    content: CallContent


def templates(now: datetime.datetime) -> list[Template]:
    """One for each usual way of calling."""
    deadline = now + OPEN_FOR
    return [_grant(deadline), _equity(deadline), _incubation(deadline), _trial(deadline)]


def _short(zh: str, en: str) -> ShortText:
    return ShortText(zh=zh, en=en)


def _long(zh: str, en: str) -> LongText:
    return LongText(zh=zh, en=en)


def _criterion(key: str, weight: int, name: tuple[str, str], *anchors: tuple[int, str, str]) -> Criterion:
    levels = tuple(Anchor(level, _short(zh, en)) for level, zh, en in anchors)
    return Criterion(id=key, name=_short(*name), weight=weight, anchors=levels)


# Each anchor is something one can see, so that two reviewers mean the same by a level.
EFFECT = _criterion(
    "effect", 30, ("环境效益", "Environmental effect"),
    (0, "没有可核实的数据", "no figure that can be checked"),
    (2, "仅有实验室数据", "figures from the laboratory only"),
    (3, "中试数据，有工况说明", "pilot figures with their operating conditions"),
    (4, "第三方检测数据", "figures measured by a third party"),
    (5, "工程规模连续运行数据并已核证", "verified figures from continuous full-scale operation"),
)  # fmt: skip
ADVANTAGE = _criterion(
    "advantage", 25, ("相对优势", "Advantage over what is used"),
    (0, "未与现有方案比较", "not compared with what is used"),
    (2, "只有定性比较", "compared in words only"),
    (3, "一项指标定量领先", "better by a stated amount in one respect"),
    (5, "成本与性能均定量领先，注明出处", "better in cost and performance, with sources"),
)  # fmt: skip
ECONOMICS = _criterion(
    "economics", 20, ("经济性", "Economics"),
    (0, "没有成本数据", "no costs stated"),
    (2, "有投资或运行成本估算", "capital or running costs are estimated"),
    (4, "有案例支撑的全成本", "full costs supported by a case"),
    (5, "有付费客户证明的全成本", "full costs shown by a paying customer"),
)  # fmt: skip
PLAN = _criterion(
    "plan", 15, ("二次开发计划", "Plan of the secondary development"),
    (0, "没有里程碑", "no milestones"),
    (2, "有里程碑，无验收指标", "milestones without measures"),
    (4, "里程碑均有指标与预算", "each milestone has a measure and a budget"),
    (5, "里程碑均有指标与预算，并说明何时停止", "measures and budgets throughout, and when one would stop"),
)  # fmt: skip
TEAM = _criterion(
    "team", 10, ("团队", "Team"),
    (0, "未说明", "not described"),
    (3, "有全职技术负责人", "a technical lead works on it full time"),
    (5, "有全职技术负责人和产业化经验", "a full-time technical lead, and a product brought to market before"),
)  # fmt: skip
CRITERIA = (EFFECT, ADVANTAGE, ECONOMICS, PLAN, TEAM)

# The same keys in every template: what was answered once is there in the next application.
PROBLEM = Question(
    key="problem",
    text=_long("要解决什么环境问题？", "Which environmental problem does it solve?"),
    characters_max=1_500,
)
GAIN = Question(
    key="advantage",
    text=_long("与现有方案相比好多少？请给出数据。", "How much better is it than what is used? Give figures."),
    characters_max=1_500,
)  # fmt: skip
USE_OF_FUNDS = Question(key="use-of-funds", text=_long("资金用于何处？", "What will the money be used for?"))
MILESTONES = Question(
    key="milestones", stage="proposal",
    text=_long("里程碑、验收指标与预算", "Milestones, their measures and their budget"),
)  # fmt: skip
CUSTOMERS = Question(
    key="customers", stage="proposal", required=False,
    text=_long("已有或意向客户", "Customers, present or interested"),
)  # fmt: skip
FULL_TIME = Question(
    key="full-time", kind="number", required=False, text=_long("全职人数", "How many people work on it full time?")
)
QUESTIONS = (PROBLEM, GAIN, USE_OF_FUNDS, FULL_TIME, MILESTONES, CUSTOMERS)

REPORT = DocumentAsked(
    key="test-report", stage="proposal", name=_short("检测报告或运行数据", "Test report or operating data")
)
BUDGET = DocumentAsked(key="budget", stage="proposal", name=_short("预算表", "Budget"))
DECK = DocumentAsked(key="deck", stage="concept", name=_short("项目简介", "Presentation"), required=False)

VERIFIED = Rule(id="verified", field="organisation-verified", operator="is", value=True, unknown_blocks=True)
PATENT = Rule(id="patent", field="patents-granted", operator="at-least", value=1)
PROVEN = Rule(id="evidence", field="evidence-grade", operator="at-least", value=2)


def _cny(ten_thousand_yuan: int) -> Amount:
    return Amount(ten_thousand_yuan * 1_000_000, "CNY")


def _grant(deadline: datetime.datetime) -> Template:
    content = CallContent(
        title=_short("二次开发资助征集", "Grants for secondary development"),
        thesis=_long(
            "资助处于中试阶段的环境技术完成放大与第三方验证。",
            "Grants that take environmental technologies from the pilot to full scale and to verification.",
        ),
        media=(Medium.WATER, Medium.AIR, Medium.SOIL, Medium.SOLID_WASTE),
        instrument="grant", trl_low=4, trl_high=7, ticket_min=_cny(30), ticket_max=_cny(200), seats=10,
        deadline=deadline, eligibility=(VERIFIED, PROVEN), rubric=Rubric(criteria=CRITERIA),
        stages=("concept", "proposal"), blind_fields=("organisation", "country", "team"), questions=QUESTIONS,
        documents=(DECK, REPORT, BUDGET),
    )  # fmt: skip
    return Template("grant", Text(zh="资助（概念—方案两段）", en="Grant (concept, then proposal)"), content)


def _equity(deadline: datetime.datetime) -> Template:
    content = CallContent(
        title=_short("股权投资征集", "Equity for environmental technologies"),
        thesis=_long(
            "投资已有工程案例、可复制的环境技术企业。",
            "Equity in technologies that run at full scale and can be repeated.",
        ),
        media=(Medium.WATER, Medium.RESOURCE_RECOVERY, Medium.CARBON),
        instrument="equity", trl_low=6, trl_high=9, ticket_min=_cny(500), ticket_max=_cny(3_000), seats=4,
        deadline=deadline, eligibility=(VERIFIED, PATENT), rubric=Rubric(criteria=CRITERIA, bar_percent=65),
        stages=("concept", "proposal", "interview"), blind_fields=("organisation", "technology-name"),
        questions=QUESTIONS, documents=(DECK, REPORT, BUDGET),
    )  # fmt: skip
    return Template("equity", Text(zh="股权（三段含面谈）", en="Equity (with an interview)"), content)


def _incubation(deadline: datetime.datetime) -> Template:
    content = CallContent(
        title=_short("孵化营征集", "An incubator's cohort"),
        thesis=_long(
            "孵化早期环境技术，提供场地、中试与导师。",
            "Early environmental technologies: space, a pilot site and mentors.",
        ),
        media=tuple(Medium),
        instrument="convertible", trl_low=3, trl_high=6, ticket_min=_cny(10), ticket_max=_cny(100), seats=12,
        deadline=deadline, eligibility=(VERIFIED,), rubric=Rubric(criteria=CRITERIA, bar_percent=50),
        stages=("concept", "interview"), blind_fields=("organisation", "country"),
        questions=(PROBLEM, GAIN, USE_OF_FUNDS, FULL_TIME), documents=(DECK,),
    )  # fmt: skip
    return Template("incubation", Text(zh="孵化营（多名额）", en="Cohort of an incubator"), content)


def _trial(deadline: datetime.datetime) -> Template:
    content = CallContent(
        title=_short("先用后转试用征集", "Trial first, transfer later"),
        thesis=_long(
            "提供场地免费试用，达到约定指标后签订转让或许可合同。",
            "A site for a free trial; a transfer or a licence is signed once the agreed measures are met.",
        ),
        media=(Medium.WATER, Medium.AIR),
        instrument="revenue-share", trl_low=6, trl_high=9, ticket_min=_cny(0), ticket_max=_cny(300), seats=2,
        deadline=deadline, eligibility=(VERIFIED, PROVEN), rubric=Rubric(criteria=(EFFECT, ECONOMICS, PLAN)),
        stages=("concept",), questions=(PROBLEM, GAIN), documents=(DECK,),
    )  # fmt: skip
    return Template("trial", Text(zh="先用后转", en="Trial first, transfer later"), content)
