"""Thousands of tasks that run a few milliseconds each: scheduling them costs more than they do."""

from pace import LAKE, discard
from variant import defect, local

OVERHEAD = {
    "scheduler-delay": "the cost of a task of some milliseconds is its scheduling",
    "task-serialization": "the cost of a task of some milliseconds is its scheduling and its code",
}
SHUFFLE = {"shuffle-partitions": "the tiny tasks are those of a shuffle with too many partitions", **OVERHEAD}


@defect("tiny-partitions", "parallelize-many-slices", place=local(2), allowed=OVERHEAD, slices=700)
@defect("tiny-partitions", "parallelize-many-slices-35", spark="3.5", place=local(4), allowed=OVERHEAD, slices=1200)
def parallelize(spark, slices):
    """A list of 20,000 numbers in thousands of slices."""
    numbers = spark.sparkContext.range(0, 20_000, 1, slices)
    numbers.map(lambda number: number * 2).sum()


@defect("tiny-partitions", "repartition-thousands", place=local(2), allowed=SHUFFLE, partitions=1000)
@defect("tiny-partitions", "repartition-thousands-35", spark="3.5", place=local(4), allowed=SHUFFLE, partitions=1000)
def repartition(spark, partitions):
    """repartition(1000) copied from a job on a hundred times as much data."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 60000")
    discard(orders.repartition(partitions).selectExpr("order_id", "amount * 1.19 as gross"))


@defect("tiny-partitions", "range-many-splits", place=local(4), allowed=OVERHEAD, splits=1300)
def many_splits(spark, splits):
    """A table of ids generated in 1,300 parts."""
    spark.range(0, 300_000, 1, splits).selectExpr("id % 7 as day").where("day = 3").count()


@defect("tiny-partitions", "reduce-by-key-500", place=local(2), allowed=SHUFFLE, partitions=500)
def reduce_by_key(spark, partitions):
    """reduceByKey into 500 partitions for 5,000 keys."""
    rows = spark.sparkContext.parallelize(range(50_000), 8).map(lambda row: (row % 5000, 1))
    rows.reduceByKey(lambda a, b: a + b, partitions).count()
