"""Writes the input tables under LAKE, once: the same seed gives the same rows."""

import gzip
import os
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from pace import LAKE

RANDOM = np.random.default_rng(20261121)
COUNTRIES = np.array(["DE", "FR", "PL", "IT", "ES", "NL", "SE", "DK"])


def text(rows, letters=32):
    """Strings that do not compress: hexadecimal digits."""
    raw = RANDOM.integers(0, 256, size=rows * letters // 2, dtype=np.uint8).tobytes().hex()
    return pa.array([raw[at : at + letters] for at in range(0, rows * letters, letters)])


def orders(rows, first=0):
    ids = np.arange(first, first + rows)
    return pa.table(
        {
            "order_id": ids,
            "customer_id": RANDOM.integers(0, 200_000, rows),
            "product_id": RANDOM.integers(0, 500, rows),
            "country": COUNTRIES[RANDOM.integers(0, 8, rows)],
            "amount": np.round(RANDOM.gamma(2.0, 30.0, rows), 2),
            "ordered_at": pa.array(1_767_225_600_000_000 + ids * 1_000_000, pa.timestamp("us")),
            "note": text(rows),
        }
    )


def folder(name):
    path = f"{LAKE}/{name}"
    os.makedirs(path, exist_ok=True)
    return path


def build():
    if os.path.exists(f"{LAKE}/complete"):
        return
    shutil.rmtree(LAKE, ignore_errors=True)
    for part in range(8):
        pq.write_table(orders(250_000, part * 250_000), f"{folder('orders')}/part-{part}.parquet", row_group_size=65_536)
    customers = pa.table({"customer_id": np.arange(200_000), "segment": RANDOM.integers(0, 12, 200_000), "address": text(200_000, 96)})
    for part in range(2):
        pq.write_table(customers.slice(part * 100_000, 100_000), f"{folder('customers')}/part-{part}.parquet")
    products = pa.table({"product_id": np.arange(500), "category": RANDOM.integers(0, 20, 500), "title": text(500)})
    pq.write_table(products, f"{folder('products')}/part-0.parquet")
    for part in range(4):
        pc.write_csv(orders(250_000, part * 250_000), f"{folder('orders_csv')}/part-{part}.csv")
    for day in range(1, 31):
        pq.write_table(orders(80_000, day * 80_000), f"{folder(f'by_day/dt=2026-01-{day:02d}')}/part-0.parquet")
    for number in range(1200):
        pq.write_table(orders(40, number * 40), f"{folder('tiny_parquet')}/part-{number:04d}.parquet")
    for number in range(2500):
        pc.write_csv(orders(60, number * 60), f"{folder('tiny_csv')}/part-{number:04d}.csv")
    for number in range(700):
        hour = folder(f"tiny_hours/day={number // 24:02d}/hour={number % 24:02d}")
        pq.write_table(orders(60, number * 60), f"{hour}/part-0.parquet")
    whole = orders(500_000)
    pc.write_csv(whole, f"{LAKE}/whole.csv")
    with open(f"{LAKE}/whole.csv", "rb") as plain, gzip.open(f"{folder('one_gz')}/orders.csv.gz", "wb", 1) as packed:
        shutil.copyfileobj(plain, packed)
    for part in range(16):
        rows = 260_000 if part == 5 else 12_000
        pc.write_csv(orders(rows, part * 300_000), f"{LAKE}/part.csv")
        with open(f"{LAKE}/part.csv", "rb") as plain, gzip.open(f"{folder('uneven_gz')}/part-{part:02d}.csv.gz", "wb", 1) as packed:
            shutil.copyfileobj(plain, packed)
    for part in range(8):
        os.makedirs(folder("pages"), exist_ok=True)
        with open(f"{LAKE}/pages/part-{part}.txt", "w") as pages:
            pages.write("\n".join(text(250_000, 128).to_pylist()))
    open(f"{LAKE}/complete", "w").close()


if __name__ == "__main__":
    build()
