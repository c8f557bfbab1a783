"""Words for what Stripe and plans know by code, in both languages."""

from scoring.technology import Text

# How far a payee's account is: the standing of its capability to get transfers.
TRANSFERS = {
    "active": Text(zh="可以收款", en="Ready to be paid"),
    "pending": Text(zh="Stripe 审核中", en="Stripe is checking what you gave"),
    "restricted": Text(zh="尚不能收款：Stripe 还需要您的资料", en="Not ready: Stripe needs something from you"),
    "unsupported": Text(zh="Stripe 不支持向该国家或地区付款", en="Stripe pays nobody in this country"),
    "missing": Text(zh="尚不能收款：Stripe 还需要您的资料", en="Not ready: Stripe needs something from you"),
    "closed": Text(zh="账户已关闭", en="The account was closed"),
}
PLANS = {
    "investor-basic": Text(zh="投资方·基础版", en="Investor, basic"),
    "investor-team": Text(zh="投资方·团队版", en="Investor, team"),
    "investor-api": Text(zh="投资方·接口版", en="Investor, API"),
}
FEATURES = {
    "screens": Text(zh="筛选", en="Screens"),
    "seats": Text(zh="成员席位", en="Seats"),
    "api-volume": Text(zh="接口用量", en="API volume"),
}
SUBSCRIPTIONS = {
    "active": Text(zh="使用中", en="Running"),
    "trialing": Text(zh="试用中", en="On trial"),
    "past_due": Text(zh="逾期未付", en="Payment overdue"),
    "unpaid": Text(zh="未付款", en="Not paid"),
    "paused": Text(zh="已暂停", en="Paused"),
    "incomplete": Text(zh="等待首次付款", en="Waiting for the first payment"),
    "incomplete_expired": Text(zh="首次付款未完成", en="Never paid"),
    "canceled": Text(zh="已结束", en="Ended"),
}
INVOICES = {
    "draft": Text(zh="草稿", en="Draft"),
    "open": Text(zh="待付款", en="To be paid"),
    "paid": Text(zh="已付款", en="Paid"),
    "uncollectible": Text(zh="未能收款", en="Not collected"),
    "void": Text(zh="已作废", en="Void"),
}
