"""What an order is in Stripe's words. The order's id goes along as metadata: by it everything is found again."""

from stripe import RequestOptions
from stripe.params import RefundCreateParams, TransferCreateParams, TransferReversalCreateParams
from stripe.params.checkout import SessionCreateParams

from marketplace.payments.holding import Instruction

ORDER = "greenhatch_order"


def options(order: Instruction) -> RequestOptions:
    return {"idempotency_key": order.key}


def _about(order: Instruction) -> dict[str, str]:
    about = {ORDER: str(order.order_id), "key": order.key, "deal": str(order.deal_id)}
    return about | ({"milestone": str(order.milestone_id)} if order.milestone_id else {})


def checkout(order: Instruction, public_url: str) -> SessionCreateParams:
    """A page where the payer pays what is to be held; the platform's fee comes out of it when it is released.

    Which ways to pay are offered is for Stripe's settings of the account, never for us: Alipay and WeChat Pay appear
    for payments in CNY where the account has them.
    """
    currency = order.amount.currency.lower()
    given: SessionCreateParams = {
        "mode": "payment",
        "client_reference_id": str(order.order_id),
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": currency,
                    "unit_amount": order.amount.amount_minor,
                    "product_data": {"name": f"Milestone-held payment, deal {order.deal_id}"},
                },
            }
        ],
        "metadata": _about(order),
        "payment_intent_data": {"transfer_group": order.transfer_group, "metadata": _about(order)},
        "success_url": f"{public_url}/desk/deals/{order.deal_id}/money",
        "cancel_url": f"{public_url}/desk/deals/{order.deal_id}/money",
    }
    if currency == "cny":
        given["payment_method_options"] = {"wechat_pay": {"client": "web"}}
    return given


def transfer(order: Instruction, charge: str, account: str) -> TransferCreateParams:
    return {
        "amount": order.amount.amount_minor,
        "currency": order.amount.currency.lower(),
        "destination": account,
        "source_transaction": charge,
        "transfer_group": order.transfer_group,
        "metadata": _about(order),
    }


def refund(order: Instruction, charge: str) -> RefundCreateParams:
    return {"charge": charge, "amount": order.amount.amount_minor, "metadata": _about(order)}


def reversal(order: Instruction) -> TransferReversalCreateParams:
    return {"amount": order.amount.amount_minor, "metadata": _about(order)}
