"""What a file may ask of the machine that reads it. Every limit is checked before the thing it limits is unpacked."""

FILE_BYTES_MAX = 512 * 2**20
"""A file of any format."""

CELL_CHARS_MAX = 32_767
"""A cell or a text, the limit of a spreadsheet."""

COLUMNS_MAX = 2_000
ROWS_MAX = 5_000_000
"""Rows of a table that is trained on or scored."""

CELLS_MAX = 20_000_000
"""Cells that are held as Python objects: every format but Parquet."""

TECHNOLOGIES_MAX = 100_000
"""Rows of a portfolio."""

SHEET_ROWS_MAX = 1_048_576
ARCHIVE_MEMBERS_MAX = 1_000
UNPACKED_BYTES_MAX = 96 * 2**20
"""All parts of a workbook together, as its directory claims; the unpacker never reads past a claim."""

UNPACKED_RATIO_MAX = 200
"""Unpacked to packed bytes of a part above `RATIO_FROM_BYTES`: tables reach 30, bombs 1,000."""

RATIO_FROM_BYTES = 4 * 2**20
PARQUET_BYTES_MAX = 2 * 2**30
"""What the column chunks of a Parquet file claim to hold, unpacked."""

PARQUET_METADATA_ITEMS_MAX = 1_000_000
DEPTH_MAX = 60
"""Levels of nesting in JSON; a technology needs six."""

INTEGER_MAX = 2**63 - 1
ERRORS_MAX = 10_000
"""Bad cells that are listed one by one; the rest is counted."""
