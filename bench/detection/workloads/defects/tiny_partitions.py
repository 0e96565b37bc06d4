"""Thousands of tasks that run a few milliseconds each: scheduling them costs more than they do."""

from variant import defect, local

OVERHEAD = {
    "scheduler-delay": "the cost of a task of some milliseconds is its scheduling",
    "task-serialization": "the cost of a task of some milliseconds is its scheduling and its code",
}


@defect("tiny-partitions", "parallelize-many-slices", place=local(2), allowed=OVERHEAD, slices=700)
@defect("tiny-partitions", "parallelize-many-slices-35", spark="3.5", place=local(2), allowed=OVERHEAD, slices=700)
def parallelize(spark, slices):
    """A list of 20,000 numbers in thousands of slices."""
    numbers = spark.sparkContext.range(0, 20_000, 1, slices)
    numbers.map(lambda number: number * 2).sum()


@defect("tiny-partitions", "range-many-splits-35", spark="3.5", place=local(2), allowed=OVERHEAD, splits=1200)
@defect("tiny-partitions", "range-many-splits", place=local(4), allowed=OVERHEAD, splits=1300)
def many_splits(spark, splits):
    """A table of ids generated in 1,300 parts."""
    spark.range(0, 300_000, 1, splits).selectExpr("id % 7 as day").where("day = 3").count()


@defect("tiny-partitions", "union-in-a-loop", place=local(2), allowed=OVERHEAD, parts=120)
def union_in_a_loop(spark, parts):
    """A hundred tables of a hundred rows, put together one by one: ten tasks for each."""
    tables = [spark.range(at * 100, at * 100 + 100, 1, 10) for at in range(parts)]
    spark.sparkContext.union([table.rdd for table in tables])._jrdd.count()
