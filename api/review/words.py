"""Words for what reviews know by code, in both languages."""

from scoring.technology import Text

INTERESTS = {
    "co-author": Text(zh="合著", en="Co-author"),
    "employment": Text(zh="雇佣关系", en="Employment"),
    "consulting": Text(zh="顾问关系", en="Consulting"),
    "investment": Text(zh="投资关系", en="Investment"),
    "supervision": Text(zh="师生或上下级", en="Supervision"),
    "family": Text(zh="亲属", en="Family"),
    "dispute": Text(zh="纠纷", en="Dispute"),
    "other": Text(zh="其他", en="Other"),
}
OUTCOMES = {
    "accepted": Text(zh="入选", en="Accepted"),
    "waitlisted": Text(zh="候补", en="Waiting list"),
    "rejected": Text(zh="未入选", en="Rejected"),
    "invited": Text(zh="邀请进入下一阶段", en="Invited to the next stage"),
}
SUGGESTIONS = {
    "accept": Text(zh="建议入选", en="Accept"),
    "waitlist": Text(zh="建议候补", en="Waiting list"),
    "reject": Text(zh="建议不入选", en="Reject"),
    "discuss": Text(zh="需讨论", en="Discuss"),
}
LANGUAGES = {"zh": Text(zh="中文", en="Chinese"), "en": Text(zh="英文", en="English")}
