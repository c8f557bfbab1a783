"""Technologies on offer: versioned, classified, checked, published, renewed."""
