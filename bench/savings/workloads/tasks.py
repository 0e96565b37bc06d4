"""Tasks that wait, fail, or have too few cores. They sleep: their times do not depend on the machine."""

import time

from load import spin, write_nowhere
from pyspark import TaskContext
from pyspark.sql import functions as F


def single_partition(spark, fixed, lake):
    """All rows are worked on by one task."""
    rows = spark.range(0, 500_000, 1, 4 if fixed else 1)
    write_nowhere(rows.select(spin(F.col("id"), 14).alias("digest")))


def straggler(spark, fixed, lake):
    """One task of sixteen waits for something that answers late."""

    def work(index, rows):
        time.sleep(8 if index == 11 and not fixed else 0.4)
        yield sum(rows)

    spark.sparkContext.parallelize(range(1600), 16).mapPartitionsWithIndex(work).collect()


def failing_attempts(spark, fixed, lake):
    """Every third task fails once after two seconds."""

    def work(index, rows):
        if not fixed and index % 3 == 0 and TaskContext.get().attemptNumber() == 0:
            time.sleep(2)
            raise RuntimeError("the service did not answer")
        time.sleep(0.8)
        yield sum(rows)

    spark.sparkContext.parallelize(range(1200), 12).mapPartitionsWithIndex(work).collect()


def waiting_tasks(spark, fixed, lake):
    """Tasks that wait for something else than a core of this machine: more slots help."""

    def work(index, rows):
        time.sleep(0.6 + 0.1 * (index % 5))
        yield sum(rows)

    for _ in range(2):
        spark.sparkContext.parallelize(range(1000), 12).mapPartitionsWithIndex(work).collect()


WORKLOADS = {
    "single-partition": single_partition,
    "straggler": straggler,
    "failing-attempts": failing_attempts,
    "waiting-tasks": waiting_tasks,
}
