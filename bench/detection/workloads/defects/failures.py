"""Tasks that fail and run again, and applications whose jobs fail."""

import time

from pyspark import TaskContext
from pyspark.sql import functions as F

from pace import LAKE, discard
from variant import defect, local

WORK = {"low-cpu": "the tasks wait by construction"}
TAIL = {"straggler": "the partition that failed ends last", "low-parallelism": "the retry runs alone", "idle-cores": "the other cores wait for the retry", **WORK}


def flaky(spark, bad, fails_after_s, tasks=16, times=1, task_s=0.6):
    def work(rows):
        task = TaskContext.get()
        if task.partitionId() in bad and task.attemptNumber() < times:
            time.sleep(fails_after_s)
            raise ConnectionError("could not reach rates.internal: connection timed out")
        time.sleep(task_s)
        return [sum(rows)]

    spark.sparkContext.parallelize(range(16_000), tasks).mapPartitions(work).sum()


@defect("task-failures", "time-out-then-retry", place=local(4, 4), allowed=TAIL, bad=[3, 9], fails_after_s=5.0)
@defect("task-failures", "time-out-then-retry-35", spark="3.5", place=local(4, 4), allowed=TAIL, bad=[3, 9], fails_after_s=5.0)
@defect("task-failures", "half-of-the-tasks-fail", place=local(4, 4), allowed=TAIL, bad=[0, 2, 4, 6, 8, 10, 12, 14], fails_after_s=2.0)
def retried(spark, bad, fails_after_s):
    """A service times out after the task has done its work; the task is tried again from the start."""
    flaky(spark, bad, fails_after_s)


@defect("task-failures", "fails-three-times", place=local(4, 4), allowed=TAIL, fails_after_s=2.5)
@defect("task-failures", "fails-three-times-35", spark="3.5", place=local(8, 4), allowed=TAIL, fails_after_s=2.5)
def fails_three_times(spark, fails_after_s):
    """One partition fails on three attempts and succeeds on the last one that it has."""
    flaky(spark, [5], fails_after_s, times=3)


@defect("task-failures", "flaky-write", place=local(4, 4), allowed=TAIL, fails_after_s=4.0)
def flaky_write(spark, fails_after_s):
    """Rows are put into a store that refuses connections while it restarts."""

    def put(rows):
        count = sum(1 for _ in rows)
        task = TaskContext.get()
        if task.attemptNumber() == 0 and task.partitionId() % 3 == 0:
            time.sleep(fails_after_s)
            raise OSError("503 slow down")
        time.sleep(0.5)
        return [count]

    spark.range(0, 30_000, 1, 12).rdd.mapPartitions(put).collect()


FAILS = {"task-failures": "the job fails because a task failed on every attempt", "driver-failure": "the driver ends with the failure", **TAIL}


@defect("job-failure", "udf-raises", place=local(4, 4), allowed=FAILS, fails=True)
@defect("job-failure", "udf-raises-35", spark="3.5", place=local(4, 4), allowed=FAILS, fails=True)
def udf_raises(spark, fails):
    """A Python function meets a value that nobody expected."""

    @F.udf("long")
    def parse(value):
        if value == 17_777:
            raise ValueError("invalid literal for int() with base 10: 'n/a'")
        return value

    spark.range(0, 40_000, 1, 4).select(parse("id").alias("n")).groupBy().sum("n").collect()


@defect("job-failure", "overflow-in-sql", place=local(2, 2), allowed=FAILS, conf={"spark.sql.ansi.enabled": "true"}, fails=True)
@defect("job-failure", "overflow-in-sql-35", spark="3.5", place=local(2, 2), allowed=FAILS, conf={"spark.sql.ansi.enabled": "true"}, fails=True)
def overflow(spark, fails):
    """A division by zero under ANSI rules, in the last of three jobs."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 200000")
    orders.groupBy("country").sum("amount").collect()
    discard(orders.selectExpr("amount / (order_id - 150000) as share"))


@defect("job-failure", "result-too-large", place=local(2), conf={"spark.driver.maxResultSize": "8m"}, allowed={"driver-memory": "the result is larger than spark.driver.maxResultSize", **FAILS}, fails=True)
def result_too_large(spark, fails):
    """collect() of more than spark.driver.maxResultSize."""
    spark.read.parquet(f"{LAKE}/orders").where("order_id < 500000").collect()


@defect("job-failure", "caught-and-went-on", place=local(4, 2), allowed=FAILS)
def caught(spark):
    """A job fails, the driver catches it and goes on with the next one."""
    try:
        flaky(spark, [2], 1.0, times=9)
    except Exception as error:
        print(type(error).__name__)
    flaky(spark, [], 0.0, tasks=8)
