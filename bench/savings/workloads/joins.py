"""Joins with the wrong strategy."""

from load import spin, write_nowhere
from pyspark.sql import functions as F


def missed_broadcast(spark, fixed, lake):
    """A large side is shuffled and sorted to meet a side of a thousand rows."""
    facts = spark.range(0, 4_000_000, 1, 8).select((F.col("id") % 1000).alias("key"), F.sha2(F.col("id").cast("string"), 256).alias("payload"))
    sizes = spark.read.parquet(f"{lake}/dimension")
    joined = facts.join(F.broadcast(sizes) if fixed else sizes, "key")
    write_nowhere(joined)


def skewed_join(spark, fixed, lake):
    """One key has two thirds of the rows of the large side."""
    rows = spark.range(0, 360_000, 1, 8)
    facts = rows.select(F.when(F.col("id") % 3 < 2, F.lit(1)).otherwise(F.col("id") % 1000).alias("key"), F.sha2(F.col("id").cast("string"), 512).alias("payload"))
    joined = facts.join(spark.read.parquet(f"{lake}/dimension"), "key")
    write_nowhere(joined.select("key", spin(F.concat("payload", "name"), 12).alias("digest")))


def nested_loop_join(spark, fixed, lake):
    """Every row meets every row of the other side, to keep the few that are equal."""
    left = spark.range(0, 60_000, 1, 8).select(F.col("id"), F.concat(F.lit("k"), F.col("id") % 6000).alias("a"))
    right = spark.range(0, 6000, 1, 1).select(F.concat(F.lit("k"), F.col("id")).alias("b"))
    condition = F.col("a") == F.col("b") if fixed else (F.col("a") <= F.col("b")) & (F.col("a") >= F.col("b"))
    write_nowhere(left.join(F.broadcast(right), condition))


WORKLOADS = {
    "missed-broadcast": missed_broadcast,
    "skewed-join": skewed_join,
    "nested-loop-join": nested_loop_join,
}
