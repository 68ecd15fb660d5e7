"""Writes the tables of this folder with pyarrow, and what they hold as JSON (bytes that are no UTF-8 as null)."""

import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq

turn = pa.struct([("from", pa.string()), ("value", pa.string())])
schema = pa.schema([
    ("id", pa.string()),
    ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
    ("conversations", pa.list_(turn)),
    ("size", pa.int32()),
    ("share", pa.float64()),
    ("good", pa.bool_()),
])
program = "Sure:\n```python\nimport matplotlib.pyplot as plt\nplt.bar([1, 2], [3, {}])\n```"


def row(name, at):
    turns = [{"from": "human", "value": "<image> Draw it."}, {"from": "gpt", "value": program.format(at)}]
    picture = {"bytes": b"\x89\x50\xff" if at < 2 else None, "path": f"{name}.png"}
    return {"id": name, "image": picture, "conversations": turns, "size": at, "share": at / 8, "good": at > 0}


rows = [row(name, at) for at, name in enumerate("abcde")]
rows[3]["conversations"], rows[3]["size"] = [], None
rows[4]["conversations"] = None
table = pa.Table.from_pylist(rows, schema)
for name, options in {
    "snappy": {"compression": "snappy", "row_group_size": 2},
    "zstd": {"compression": "zstd", "data_page_version": "2.0"},
    "gzip": {"compression": "gzip"},
    "plain": {"compression": "none", "use_dictionary": False},
}.items():
    pq.write_table(table, f"{sys.argv[1]}/{name}.parquet", **options)
for one in rows:
    one["image"] = {**one["image"], "bytes": None}
with open(f"{sys.argv[1]}/rows.json", "w", encoding="utf-8") as file:
    json.dump(rows, file, indent=1)
    file.write("\n")
