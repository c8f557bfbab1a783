"""The double-entry ledger: transfers between accounts, added and never changed; one ledger a currency."""
