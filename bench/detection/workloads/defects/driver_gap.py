"""The cluster waits while the driver's own Python code works."""

import time

from pace import LAKE, run_tasks
from variant import defect, local

IDLE = {"idle-cores": "no core has work while the driver's code runs", "low-cpu": "the tasks wait by construction"}


def load(spark, wait_ms=400):
    run_tasks(spark, 16, wait_ms)


@defect("driver-gap", "collect-and-loop", allowed={"driver-memory": "the rows are collected", **IDLE}, rows=150_000)
def collect_and_loop(spark, rows):
    """Collects all orders and adds them up in a Python loop."""
    orders = spark.read.parquet(f"{LAKE}/orders").where(f"order_id < {rows}").select("country", "amount").collect()
    totals = {}
    for _ in range(25):
        for order in orders:
            totals[order["country"]] = totals.get(order["country"], 0.0) + order["amount"]
    spark.createDataFrame(list(totals.items()), "country string, total double").count()


@defect("driver-gap", "rest-calls-between-jobs", allowed=IDLE, calls=5, call_s=1.6)
@defect("driver-gap", "rest-calls-between-jobs-35", spark="3.5", allowed=IDLE, calls=4, call_s=2.0)
def rest_calls(spark, calls, call_s):
    """Posts the result of each job to a slow service before the next one starts."""
    for _ in range(calls):
        load(spark)
        time.sleep(call_s)


@defect("driver-gap", "pandas-in-the-middle", allowed={"driver-memory": "the table is collected", **IDLE}, rows=200_000)
@defect("driver-gap", "pandas-in-the-middle-35", spark="3.5", allowed={"driver-memory": "the table is collected", **IDLE}, rows=150_000)
def pandas_in_the_middle(spark, rows):
    """toPandas, a slow row-wise apply, then on with Spark."""
    load(spark)
    frame = spark.read.parquet(f"{LAKE}/orders").where(f"order_id < {rows}").select("product_id", "amount").toPandas()
    frame["gross"] = frame.apply(lambda row: row["amount"] * (1.07 if row["product_id"] % 3 else 1.19), axis=1)
    spark.createDataFrame(frame.head(2000)).groupBy("product_id").sum("gross").collect()


@defect("driver-gap", "waits-for-approval", place=local(8), allowed=IDLE, wait_s=8.0)
def waits_for_a_file(spark, wait_s):
    """Polls for a file of another team in the middle of the run while it keeps its cores."""
    load(spark, 600)
    time.sleep(wait_s)
    load(spark, 600)
