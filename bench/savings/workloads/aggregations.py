"""Shuffles that are cut badly."""

from load import spin, write_nowhere
from pyspark.sql import functions as F


def skewed_repartition(spark, fixed, lake):
    """Seven of ten rows have one key; salted, the key spreads over all partitions."""
    rows = spark.range(0, 300_000, 1, 4).withColumn("key", F.when(F.col("id") % 10 < 7, F.lit(0)).otherwise(F.col("id") % 97))
    salt = [(F.col("id") / 10).cast("long") % 16] if fixed else []
    spread = rows.repartition(8, F.col("key"), *salt)
    write_nowhere(spread.select("key", spin(F.col("id"), 16).alias("digest")))


def tiny_partitions(spark, fixed, lake):
    """Thousands of partitions for a handful of rows."""
    rows = spark.range(0, 200_000, 1, 2).groupBy((F.col("id") % 5000).alias("key")).agg(F.sum("id").alias("total"))
    write_nowhere(rows)


def spilling_sort(spark, fixed, lake):
    """Two partitions that do not fit into the memory for execution."""
    rows = spark.range(0, 1_200_000, 1, 4).select(F.sha2(F.col("id").cast("string"), 512).alias("order"), F.sha2((F.col("id") + 1).cast("string"), 512).alias("rest"))
    write_nowhere(rows.sort("order"))


WORKLOADS = {
    "skewed-repartition": skewed_repartition,
    "tiny-partitions": tiny_partitions,
    "spilling-sort": spilling_sort,
}
