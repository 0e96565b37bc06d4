"""Most rows share one key, so one task does most of the work while the others have long ended."""

from pyspark.sql import functions as F

from pace import LAKE, WAITS, discard, slowly, waits
from variant import defect, local

HOT = {"idle-cores": "the other cores wait for the hot task", **WAITS}
BIG = {"missed-broadcast": "the smaller side would fit a broadcast, and then nothing is shuffled by the hot key", **HOT}


def hot(column, share, key=7):
    """The column's value, or `key` for `share` of the rows."""
    return F.when(F.rand(11) < share, F.lit(key)).otherwise(column)


@defect("task-skew", "join-hot-customer", place=local(8), allowed=BIG, hot_share=0.6)
@defect("task-skew", "join-hot-customer-35", spark="3.5", place=local(4), allowed=BIG, hot_share=0.7)
def join_hot_customer(spark, hot_share):
    """Orders join customers; one wholesale customer placed most of the orders."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 400000")
    orders = orders.withColumn("customer_id", hot(F.col("customer_id"), hot_share))
    customers = spark.read.parquet(f"{LAKE}/customers")
    joined = orders.join(customers.hint("merge"), "customer_id")
    discard(joined.where(waits(40, 1, "order_id")))


@defect("task-skew", "group-by-key-hot-tenant", place=local(4), allowed=HOT, hot_share=0.75, tenants=64)
@defect("task-skew", "group-by-key-hot-tenant-35", spark="3.5", place=local(8), allowed=HOT, hot_share=0.5, tenants=400)
def group_by_key(spark, hot_share, tenants):
    """RDD groupByKey: one tenant has most of the events."""
    hot_rows = int(60_000 * hot_share)
    events = spark.sparkContext.parallelize(range(60_000), 16).map(
        lambda row: (0 if row < hot_rows else row % tenants, row)
    )
    events.groupByKey(16).mapValues(lambda rows: sum(1 for _ in slowly(50, 8)(rows))).collect()


@defect("task-skew", "window-by-country", place=local(8), allowed=HOT, hot_share=0.8)
@defect("task-skew", "window-by-country-35", spark="3.5", place=local(4), allowed=HOT, hot_share=0.85)
def window_by_country(spark, hot_share):
    """A running total per country, and nearly all customers live in one."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 250000")
    orders = orders.withColumn("region", hot(F.col("customer_id") % 40, hot_share))
    ranked = orders.repartition(16, "region").selectExpr(
        "*", "sum(amount) over (partition by region order by ordered_at) as running"
    )
    discard(ranked.where(waits(40, 1, "order_id")))


@defect("task-skew", "one-large-gz", place=local(4), allowed=HOT, large_file_rows=260_000)
def one_large_gz(spark, large_file_rows):
    """Sixteen gzipped exports, one of them twenty times as large as the others: a file cannot be split."""
    schema = "order_id long, customer_id long, product_id int, country string, amount double, ordered_at string, note string"
    orders = spark.read.schema(schema).option("header", True).csv(f"{LAKE}/uneven_gz/*.gz")
    discard(orders.where(waits(40, 1, "order_id")).groupBy("country").sum("amount"))


@defect("task-skew", "null-keys", place=local(8), allowed=HOT, null_share=0.7)
def null_keys(spark, null_share):
    """Rows without a session are sent to one partition because null is a key like any other."""
    rows = spark.range(0, 200_000, 1, 8).selectExpr(
        "id", f"if(rand(5) < {null_share}, null, id % 5000) as session", "sha2(string(id), 256) as page"
    )
    discard(rows.repartition(24, "session").where(waits(20, 1)))
