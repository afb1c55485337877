"""Write readings as CSV, JSON, Parquet, Excel, a contact sheet or a pandas table.

`rows` makes rows of readings, `tables` lays them out with a row a field or a row a
page, and a module each writes the result as one kind of file. All of them hold one page
at a time.
"""

from __future__ import annotations

from formreader.export.csv_files import write_csv
from formreader.export.frames import to_frame
from formreader.export.json_files import write_json, write_json_lines
from formreader.export.table_grids import to_grid_frames
from formreader.export.tables import Table, field_names, long_table, wide_table
from formreader.rows import (
    COLUMNS,
    REVIEW_COLUMNS,
    FieldRow,
    PageRows,
    format_probability,
    page_rows,
)

__all__ = [
    "COLUMNS",
    "REVIEW_COLUMNS",
    "FieldRow",
    "PageRows",
    "Table",
    "field_names",
    "format_probability",
    "long_table",
    "page_rows",
    "to_frame",
    "to_grid_frames",
    "wide_table",
    "write_csv",
    "write_json",
    "write_json_lines",
]
