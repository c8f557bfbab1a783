"""Column names that give their column away, in English and Chinese.

A name is read as words: ``ChgOffPrinGr``, ``chg_off_prin_gr`` and ``chg off prin gr`` are the same.
"""

import re

# What is known only once the outcome is.
_POST_OUTCOME = re.compile(
    r"""\b(
      chg\ ?off | charge[ds]?\ ?off | write\ off | written\ off | lgd
    | recover(y|ies|ed)\ (amount|amt|rate|cost|date|cash|after|post|value) | amount\ recovered | recoveries
    | collections?\ (fee|amount|cost|date|agency)
    | default(ed)?\ (date|day|month|year|amount|reason|status|time) | date\ of\ default | months?\ (to|until)\ default
    | days\ past\ due | dpd | delinq\w*\ (status|date|amount) | arrears\ amount | foreclos\w* | repossess\w*
    | bankruptcy\ (date|filing) | date\ of\ bankruptcy | insolvency\ date | liquidat\w+\ (date|value)
    | (mis|loan|final|repayment)\ status | final\ (result|outcome|grade|payment|decision) | outcome\w*
    | result\ (status|date|code) | closed?\ (date|reason) | closing\ date | exit\ (date|value|type|price)
    | paid\ (in\ full|off) | payoff\ (date|amount) | settle(d|ment)\ (date|amount|status)
    | total\ (rec|pymnt|payment)\w* | last\ (pymnt|payment)\w*
    | overdue\ (days|amount) | loss\ amount | write\ ?down | terminat(ed|ion)\ (date|reason) | resolution\ date
    | cancel(led|lation)\ (date|reason) | outstanding | balance\ gross | disbursement | disbursal
    | acquired | acquisition\ (date|price|year) | ipo\ (date|year|price) | follow\ ?on\w* | next\ round\w*
    | phase\ ?(2|3|ii|iii)\ (year|date|amount|award) | future\ \w+
    | label | target | ground\ truth | y\ true
    | post\ (outcome|default|event|decision|award)\w* | after\ (default|outcome|award|decision)\w*
    )\b""",
    re.VERBOSE,
)
_POST_OUTCOME_ZH = re.compile(
    r"核销|逾期(天数|金额|日期|状态)|违约(日|时间|金额|状态|原因)|结清|追偿|追回|清收|处置(日|金额|结果|价)|破产(日|时间|申请)|坏账|不良(认定|金额)|清算"
    r"|退出(日|时间|金额|方式|价)|终止(日|时间|原因)|(最终|后续|实际)(结果|状态|融资|金额|结论)|结果(状态|日期|标签)|放款后|贷后|投后|验收结果|标签$"
)
# What names a row or whoever it is about.
_IDENTIFIER = re.compile(
    r"\b(id|ids|uid|uuid|guid|key|nr|no|num|number|serial|code|permalink|url|link|email|phone|mobile|ssn|passport"
    r"|account|contract|hash|index|row)\b"
)
_IDENTIFIER_ZH = re.compile(
    r"编号|序号|单号|号码|证号|身份证|代码|电话|手机|邮箱|网址|链接|流水号|合同号|账号|统一社会信用"
)
# Whom several rows may be about.
_ENTITY = re.compile(r"\b(firm|company|customer|client|borrower|applicant|owner|holder|founder|site|plant|project)\b")
_ENTITY_ZH = re.compile(r"企业|公司|客户|借款人|申请人|单位名称|法人|项目名称")
# A date that may honestly lie ahead: it is a plan or a term, known on the day.
_PLANNED = re.compile(
    r"\b(expir\w*|maturity|due|planned?|expected|scheduled|deadline|target|valid\ (to|until|through)|until)\b"
)
_PLANNED_ZH = re.compile(r"到期|预计|计划|有效期|截止|拟")
_YEAR = re.compile(r"\b(year|yr)\b")


def words(name: str) -> str:
    """A column's name as lower-case words with single spaces."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])", " ", name)
    return re.sub(r"[\W_]+", " ", split).strip().lower()


def is_post_outcome(name: str) -> bool:
    """Whether a name says that its column is known only with the outcome.

    Examples
    --------
    >>> [is_post_outcome(name) for name in ("ChgOffPrinGr", "recovery_amount", "核销日期", "employment_status", "默认")]
    [True, True, True, False, False]
    """
    return bool(_POST_OUTCOME.search(words(name)) or _POST_OUTCOME_ZH.search(name))


def is_identifier(name: str) -> bool:
    """Whether a name says that its column numbers or names the rows."""
    return bool(_IDENTIFIER.search(words(name)) or _IDENTIFIER_ZH.search(name))


def is_entity(name: str) -> bool:
    """Whether a name says that its column tells whom a row is about."""
    return is_identifier(name) or bool(_ENTITY.search(words(name)) or _ENTITY_ZH.search(name))


def is_planned(name: str) -> bool:
    """Whether a date of this name may honestly lie after the day of the decision."""
    return bool(_PLANNED.search(words(name)) or _PLANNED_ZH.search(name))


def is_year(name: str) -> bool:
    """Whether numbers of this name are calendar years; a fiscal one may be ahead of the calendar."""
    return "fiscal" not in words(name) and bool(_YEAR.search(words(name)) or "年份" in name or "年度" in name)
