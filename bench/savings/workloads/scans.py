"""Reads that cost more than they need to."""

from load import spin, write_nowhere
from pyspark.sql import functions as F


def small_files(spark, fixed, lake):
    """Thousands of files of a few rows each, or the same rows in four."""
    rows = spark.read.parquet(f"{lake}/{'compacted' if fixed else 'small-files'}")
    write_nowhere(rows.groupBy((F.col("id") % 10).alias("key")).agg(F.max("payload").alias("largest")))


def repeated_scan(spark, fixed, lake):
    """Seven reports parse the same JSON files; cached, they are parsed once."""
    rows = spark.read.schema("id long, amount double, note string").json(f"{lake}/orders-json")
    if fixed:
        rows = rows.cache()
    for modulus in (7, 11, 13, 17, 19, 23, 29):
        write_nowhere(rows.groupBy((F.col("id") % modulus).alias("key")).agg(F.sum("amount").alias("total")))


def python_function(spark, fixed, lake):
    """A function of Python for what Spark has a function for."""
    rows = spark.range(0, 1_200_000, 1, 8).select(F.concat(F.lit("  order "), F.col("id"), F.lit(" ")).alias("text"))
    trim = F.udf(lambda text: text.strip().upper(), "string")
    cleaned = F.upper(F.trim(F.col("text"))) if fixed else trim(F.col("text"))
    write_nowhere(rows.select(cleaned.alias("clean")))


def prepare(spark, fixed, lake):
    """Writes what the others read."""
    ids = spark.range(0, 1000, 1, 1)
    ids.select(F.col("id").alias("key"), F.concat(F.lit("name "), F.col("id")).alias("name")).write.mode("overwrite").parquet(f"{lake}/dimension")
    rows = spark.range(0, 300_000, 1, 4).select("id", F.sha2(F.col("id").cast("string"), 256).alias("payload"))
    rows.write.mode("overwrite").parquet(f"{lake}/compacted")
    rows.repartition(2500).write.mode("overwrite").parquet(f"{lake}/small-files")
    orders = spark.range(0, 700_000, 1, 4).select("id", (F.col("id") % 977 / 10).alias("amount"), spin(F.col("id"), 1).alias("note"))
    orders.write.mode("overwrite").json(f"{lake}/orders-json")


WORKLOADS = {
    "small-files": small_files,
    "repeated-scan": repeated_scan,
    "python-function": python_function,
    "prepare": prepare,
}
