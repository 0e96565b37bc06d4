"""Queries as they should be written: pruned, broadcast where it fits, few files, native functions."""

from pyspark.sql import functions as F

from pace import LAKE, discard
from variant import control, local


@control("broadcast-small-table", place=local(2))
@control("broadcast-small-table-35", spark="3.5", place=local(2))
def broadcast_small(spark):
    """Orders join 500 products, which Spark broadcasts by itself."""
    orders = spark.read.parquet(f"{LAKE}/orders")
    products = spark.read.parquet(f"{LAKE}/products")
    joined = orders.join(products, "product_id")
    discard(joined.groupBy("category", "country").agg(F.sum("amount"), F.max("note"), F.countDistinct("customer_id")))


@control("adaptive-defaults", place=local(2))
@control("adaptive-defaults-35", spark="3.5", place=local(2))
def adaptive_defaults(spark):
    """An aggregation by customer with default settings: adaptive execution merges the small partitions."""
    orders = spark.read.parquet(f"{LAKE}/orders")
    spend = orders.groupBy("customer_id").agg(F.sum("amount").alias("spend"), F.max("ordered_at"), F.count("*"))
    discard(spend.orderBy(F.desc("spend")))


@control("pruned-day", place=local(2))
@control("pruned-week-35", spark="3.5", place=local(2), days=7)
@control("pruned-week", place=local(2), days=7)
def pruned(spark, days=1):
    """Reads the partitions that the report is about, by the partition column."""
    first = spark.read.parquet(f"{LAKE}/by_day").where(f"dt between '2026-01-03' and '2026-01-{2 + days:02d}'")
    first.groupBy("country").agg(F.sum("amount"), F.countDistinct("customer_id")).collect()


@control("writes-few-files", place=local(2))
@control("writes-few-files-35", spark="3.5", place=local(2))
def writes_few_files(spark):
    """Writes 2 million rows as eight files."""
    orders = spark.read.parquet(f"{LAKE}/orders")
    orders.withColumn("gross", F.col("amount") * 1.19).write.mode("overwrite").parquet("few-files")


@control("writes-partitioned", place=local(2))
def writes_partitioned(spark):
    """Writes eight countries as eight folders of one file each, repartitioned by the same column."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 1200000")
    orders.repartition(8, "country").write.mode("overwrite").partitionBy("country").parquet("by-country")


@control("large-text-scan", place=local(2))
@control("large-text-scan-35", spark="3.5", place=local(2))
def text_scan(spark):
    """Counts letters over 250 MB of text in splits of a sensible size."""
    pages = spark.read.text(f"{LAKE}/pages")
    pages.selectExpr("substr(value, 1, 1) as letter", "length(replace(value, 'a', '')) as rest").groupBy("letter").sum("rest").collect()


@control("small-result-in-one-file", place=local(2))
@control("small-result-in-one-file-35", spark="3.5", place=local(2))
def small_result(spark):
    """coalesce(1) for a report of 160 rows: the work is done before it."""
    orders = spark.read.parquet(f"{LAKE}/orders")
    report = orders.groupBy("country", F.col("product_id") % 20).agg(F.sum("amount"), F.countDistinct("customer_id"))
    report.repartition(1).write.mode("overwrite").csv("report")


@control("small-cross-join", place=local(2))
def small_cross_join(spark):
    """A calendar of 24 hours times 20 categories, joined to the orders."""
    hours = spark.range(24).withColumnRenamed("id", "hour")
    categories = spark.range(20).withColumnRenamed("id", "category")
    grid = hours.crossJoin(categories)
    orders = spark.read.parquet(f"{LAKE}/orders").selectExpr("hour(ordered_at) as hour", "product_id % 20 as category", "amount", "customer_id")
    grid.join(orders, ["hour", "category"], "left").groupBy("hour", "category").agg(F.sum("amount"), F.countDistinct("customer_id")).collect()


@control("explode-two-tags", place=local(2))
def small_explode(spark):
    """Explodes two tags an order."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 1500000")
    tags = orders.select(F.explode(F.array(F.substring("note", 1, 3), F.substring("note", 4, 3))).alias("tag"), "amount")
    discard(tags.groupBy("tag").sum("amount"))


@control("short-in-list", place=local(2))
def short_in_list(spark):
    """An IN list of twenty products."""
    orders = spark.read.parquet(f"{LAKE}/orders").where(F.col("product_id").isin(list(range(20, 40))))
    discard(orders.groupBy("customer_id").agg(F.sum("amount"), F.max("note")))


@control("union-of-three", place=local(2))
@control("union-of-three-35", spark="3.5", place=local(2))
def union_of_three(spark):
    """Three months, read once each, put together and aggregated."""
    parts = [
        spark.read.parquet(f"{LAKE}/orders").where(f"order_id between {at} and {at + 499999}") for at in (0, 600_000, 1_300_000)
    ]
    everything = parts[0].unionByName(parts[1]).unionByName(parts[2])
    discard(everything.groupBy("customer_id").agg(F.sum("amount"), F.countDistinct("product_id")))


@control("adaptive-off-but-even", place=local(2), conf={"spark.sql.adaptive.enabled": "false", "spark.sql.shuffle.partitions": "6"})
def adaptive_off(spark):
    """Adaptive execution is off, and six even partitions are what two cores need."""
    orders = spark.read.parquet(f"{LAKE}/orders")
    discard(orders.groupBy("customer_id").agg(F.sum("amount"), F.max("note"), F.countDistinct("product_id")))


@control("csv-with-schema", place=local(2))
def csv_with_schema(spark):
    """One pass over CSV with a schema given."""
    schema = "order_id long, customer_id long, product_id int, country string, amount double, ordered_at timestamp, note string"
    orders = spark.read.schema(schema).option("header", True).csv(f"{LAKE}/orders_csv")
    orders.groupBy("country").agg(F.sum("amount"), F.countDistinct("customer_id")).collect()
