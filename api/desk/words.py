"""Words for the queues of a desk, and where each leads."""

from typing import NamedTuple

from marketplace.process import latest
from scoring.technology import Text

# Its process has states without labels of their own: they are shown on no list but these.
ORGANISATION_STATES = {
    "unverified": Text(zh="未核验", en="Not verified"),
    "submitted": Text(zh="待核验", en="Waiting to be verified"),
    "verified": Text(zh="已核验", en="Verified"),
    "suspended": Text(zh="已停用", en="Suspended"),
    "closed": Text(zh="已关闭", en="Closed"),
}


class QueueWords(NamedTuple):
    """`address` is the whole list, `one` the address of a row; `empty` says what to do when nothing is there."""

    title: Text
    address: str
    one: str
    empty: Text
    begin: tuple[str, Text] | None = None


QUEUES = {
    "technologies": QueueWords(
        Text(zh="我的技术", en="My technologies"),
        "/desk/technologies",
        "/desk/technologies/{id}",
        Text(zh="还没有技术条目。填写一项，或从表格导入。", en="No technology yet. Write one, or import a table."),
        ("/desk/technologies/new", Text(zh="新建技术", en="New technology")),
    ),
    "applications": QueueWords(
        Text(zh="我的申报", en="My applications"),
        "/desk/applications",
        "/desk/applications/{id}",
        Text(zh="没有进行中的申报。", en="No open application."),
        ("/calls", Text(zh="查看征集", en="See open calls")),
    ),
    "received": QueueWords(
        Text(zh="收到的申报", en="Applications received"),
        "/desk/calls",
        "/desk/applications/{id}",
        Text(zh="征集尚未收到申报。", en="Nothing came in yet."),
    ),
    "calls": QueueWords(
        Text(zh="我的征集", en="My calls"),
        "/desk/calls",
        "/desk/calls/{id}",
        Text(
            zh="还没有征集。说明要找什么，再看收到什么。", en="No call yet. Say what you look for, and see what comes."
        ),
        ("/desk/calls/new", Text(zh="新建征集", en="New call")),
    ),
    "introductions": QueueWords(
        Text(zh="对接意向", en="Introductions"),
        "/desk/introductions",
        "/desk/introductions/{id}",
        Text(zh="没有待处理的对接。", en="No open introduction."),
    ),
    "deals": QueueWords(
        Text(zh="交易", en="Deals"),
        "/desk/deals",
        "/desk/deals/{id}",
        Text(zh="没有进行中的交易。", en="No open deal."),
    ),
    "screens": QueueWords(
        Text(zh="筛选", en="Screens"),
        "/screens",
        "/screens/{id}",
        Text(zh="还没有筛选。", en="No screen yet."),
        ("/screens", Text(zh="开始筛选", en="Begin one")),
    ),
    "needs": QueueWords(
        Text(zh="我的需求", en="My needs"),
        "/desk/needs",
        "/needs/{id}",
        Text(zh="还没有需求。", en="No need yet."),
        ("/needs/interview", Text(zh="描述需求", en="Describe a need")),
    ),
    "assignments": QueueWords(
        Text(zh="技术评估", en="Assessments to do"),
        "/desk/assignments",
        "/desk/assignments/{id}",
        Text(zh="没有待办的技术评估。", en="No assessment waits for you."),
    ),
    "reviews": QueueWords(
        Text(zh="项目评审", en="Reviews to write"),
        "/desk/reviews",
        "/desk/reviews/{id}",
        Text(zh="没有待办的项目评审。", en="No review waits for you."),
    ),
    "verifications": QueueWords(
        Text(zh="机构核验", en="Organisations to verify"),
        "/desk/operator/verifications",
        "/desk/operator/organisations/{id}",
        Text(zh="没有待核验的机构。", en="Nobody waits to be verified."),
    ),
    "formal-checks": QueueWords(
        Text(zh="形式审查", en="Formal checks"),
        "/desk/operator/listings",
        "/desk/operator/listings/{id}",
        Text(zh="没有待审查的技术。", en="No listing waits for its check."),
    ),
    "unassessed": QueueWords(
        Text(zh="待发起评估", en="To be assessed"),
        "/desk/operator/listings",
        "/desk/operator/listings/{id}",
        Text(zh="没有待发起评估的技术。", en="No listing waits for assessors."),
    ),
    "assessments": QueueWords(
        Text(zh="专家评估", en="Assessments"),
        "/desk/operator/assessments",
        "/desk/operator/assessments/{id}",
        Text(zh="没有进行中的评估。", en="No assessment is open."),
    ),
    "knowledge": QueueWords(
        Text(zh="内容审核", en="Articles to review"),
        "/desk/operator/knowledge",
        "/desk/operator/knowledge/{id}",
        Text(zh="没有待审核的内容。", en="No article waits for review."),
    ),
    "consultations": QueueWords(
        Text(zh="咨询", en="Consultations"),
        "/desk/consultations",
        "/consultations/{id}",
        Text(zh="没有待受理的咨询。", en="No consultation waits."),
    ),
}


def state_words(process: str | None, state: str | None) -> Text | None:
    """The label of a state, where the row is in a process."""
    if process is None or state is None:
        return None
    if process == "organisation":
        return ORGANISATION_STATES.get(state)
    return next((found.label for found in latest(process).states if found.name == state and found.label), None)
