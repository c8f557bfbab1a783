"""Words for what the operator's figures are called, in both languages."""

from scoring.technology import Text

STAGES = {
    "organisations": Text(zh="注册机构", en="Organisations"),
    "verified": Text(zh="其中已核验", en="of them verified"),
    "listings": Text(zh="技术条目", en="Technologies"),
    "recommended": Text(zh="其中已推荐", en="of them recommended"),
    "applications": Text(zh="已提交申报", en="Applications submitted"),
    "introductions": Text(zh="对接意向", en="Introductions"),
    "answered": Text(zh="其中已答复", en="of them answered"),
    "deals": Text(zh="交易", en="Deals"),
    "signed": Text(zh="其中已签署", en="of them signed"),
}
JOBS = {
    "todo": Text(zh="待执行", en="To do"),
    "doing": Text(zh="执行中", en="Running"),
    "succeeded": Text(zh="已完成", en="Done"),
    "failed": Text(zh="失败", en="Failed"),
    "cancelled": Text(zh="已取消", en="Cancelled"),
    "aborting": Text(zh="中止中", en="Being stopped"),
    "aborted": Text(zh="已中止", en="Stopped"),
}
CHECKS = {
    "database": Text(zh="数据库", en="Database"),
    "migrations": Text(zh="数据库版本", en="Schema of the database"),
    "worker": Text(zh="后台任务进程", en="Worker"),
}
