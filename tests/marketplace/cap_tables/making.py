"""A small cap table in the Open Cap Format: Ann has 600 shares, Bo 400."""

from typing import Any


def issuance(number: int, owner: str, quantity: int, **more: Any) -> dict[str, Any]:
    return {
        "object_type": "TX_STOCK_ISSUANCE", "id": f"tx{number}", "date": "2024-01-01", "security_id": f"s{number}",
        "custom_id": f"C-{number}", "stakeholder_id": owner, "stock_class_id": "common", "quantity": str(quantity),
        "share_price": {"amount": "0.01", "currency": "CNY"}, "security_law_exemptions": [], "stock_legend_ids": [],
    } | more  # fmt: skip


def files(*transactions: dict[str, Any]) -> dict[str, Any]:
    given = transactions or (issuance(1, "ann", 600), issuance(2, "bo", 400))
    people = [
        {"object_type": "STAKEHOLDER", "id": key, "name": {"legal_name": key.title()}, "stakeholder_type": "INDIVIDUAL"}
        for key in ("ann", "bo")
    ]
    common = {"object_type": "STOCK_CLASS", "id": "common", "name": "Common", "class_type": "COMMON"}
    listed = {"filepath": "./Transactions.ocf.json", "md5": "0" * 32}
    return {
        "Manifest.ocf.json": {
            "file_type": "OCF_MANIFEST_FILE", "ocf_version": "1.2.0", "as_of": "2026-01-01",
            "issuer": {"object_type": "ISSUER", "id": "i", "legal_name": "Membrane Ltd"},
            "transactions_files": [listed],
        },
        "Stakeholders.ocf.json": {"file_type": "OCF_STAKEHOLDERS_FILE", "items": people},
        "StockClasses.ocf.json": {"file_type": "OCF_STOCK_CLASSES_FILE", "items": [common]},
        "Transactions.ocf.json": {"file_type": "OCF_TRANSACTIONS_FILE", "items": list(given)},
    }  # fmt: skip
