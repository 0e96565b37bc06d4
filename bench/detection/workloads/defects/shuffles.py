"""Numbers of partitions that do not fit the data, and adaptive execution switched off where it would have helped."""

from pyspark.sql import functions as F

from pace import LAKE, WAITS, discard, waits
from variant import defect, local

OFF = {"spark.sql.adaptive.enabled": "false"}
MANY = {
    "tiny-partitions": "the partitions of the shuffle are tiny",
    "scheduler-delay": "the tasks are tiny",
    "task-serialization": "the tasks are tiny",
}
FEW = {
    "low-parallelism": "fewer partitions than cores",
    "huge-partitions": "few partitions with all the rows",
    "idle-cores": "fewer partitions than cores",
    **WAITS,
}
KEPT = {"spark.sql.adaptive.coalescePartitions.enabled": "false"}


@defect("shuffle-partitions", "two-on-eight-cores", place=local(8), conf={"spark.sql.shuffle.partitions": "2"}, allowed=FEW)
@defect("shuffle-partitions", "three-on-eight-cores-35", spark="3.5", place=local(8), conf={"spark.sql.shuffle.partitions": "3"}, allowed=FEW)
def too_few(spark):
    """spark.sql.shuffle.partitions was set for a laptop; the job runs on eight cores."""
    rows = spark.range(0, 300_000, 1, 8).selectExpr("id", "id % 5000 as shop", "sha2(string(id), 256) as page")
    ranked = rows.selectExpr("*", "row_number() over (partition by shop order by page) as place")
    discard(ranked.where(waits(20, 1)))


@defect("aqe-ineffective", "thousand-kept-apart", place=local(2), conf={"spark.sql.shuffle.partitions": "1000", **KEPT}, allowed={"shuffle-partitions": "the thousand is the configured number", **MANY})
@defect("aqe-ineffective", "thousand-kept-apart-35", spark="3.5", place=local(2), conf={"spark.sql.shuffle.partitions": "1000", **KEPT}, allowed={"shuffle-partitions": "the thousand is the configured number", **MANY})
def too_many(spark):
    """A thousand shuffle partitions for 20 MB, and merging them is switched off."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 300000")
    discard(orders.groupBy("customer_id").agg(F.sum("amount"), F.max("note")))


@defect("shuffle-partitions", "join-in-three", place=local(8), conf={"spark.sql.shuffle.partitions": "3"}, allowed={"missed-broadcast": "one side would fit a broadcast", **FEW})
def join_in_three(spark):
    """A join of orders and visits whose shuffle has three partitions on eight cores."""
    visits = spark.range(0, 400_000, 1, 8).selectExpr("id as order_id", "sha2(string(id), 256) as page")
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 400000").select("order_id", "note", "amount")
    discard(orders.hint("merge").join(visits, "order_id").where(waits(40, 1, "order_id")))


@defect("shuffle-partitions", "rdd-thousand", place=local(4), conf={"spark.default.parallelism": "1000"}, allowed=MANY)
@defect("shuffle-partitions", "rdd-thousand-35", spark="3.5", place=local(4), conf={"spark.default.parallelism": "1000"}, allowed=MANY)
def too_many_rdd(spark):
    """spark.default.parallelism of 1,000 from the cluster's template, for 2,000 words."""
    words = spark.sparkContext.parallelize([f"w{n % 300}" for n in range(2000)], 4)
    words.map(lambda word: (word, 1)).groupByKey(1000).count()


@defect("shuffle-partitions", "repartition-thousands", place=local(2), allowed=MANY, partitions=1000)
@defect("shuffle-partitions", "repartition-thousands-35", spark="3.5", place=local(4), allowed=MANY, partitions=1000)
def repartition_thousands(spark, partitions):
    """repartition(1000) of a shuffle, copied from a job on a hundred times as much data."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 60000")
    discard(orders.repartition(partitions).selectExpr("order_id", "amount * 1.19 as gross"))


ONE_G = {"spark.driver.memory": "1g"}
WIDE = {
    "huge-partitions": "a gigabyte for a task",
    "disk-spill": "a partition is far larger than its memory",
    "gc-pressure": "a partition is far larger than its memory",
    "memory-underprovisioned": "a partition is far larger than its memory",
    "low-parallelism": "no more partitions than cores",
    "idle-cores": "no more partitions than cores",
    "shuffle-write": "the partitions are written uncompressed",
}
RAW = {"spark.shuffle.compress": "false", "spark.shuffle.spill.compress": "false"}


@defect("shuffle-partitions", "a-gigabyte-each", place=local(2), jvm=ONE_G, conf=RAW, allowed=WIDE, rows=3_600_000, partitions=2)
@defect("shuffle-partitions", "a-gigabyte-each-35", spark="3.5", place=local(2), jvm=ONE_G, conf=RAW, allowed=WIDE, rows=3_600_000, partitions=2)
@defect("shuffle-partitions", "one-of-two-gigabytes", place=local(2), jvm=ONE_G, conf=RAW, allowed=WIDE, rows=3_600_000, partitions=1)
def gigabytes(spark, rows, partitions):
    """More than a gigabyte a task, sorted in a heap of 1 GB."""
    wide = spark.range(0, rows, 1, 8).selectExpr("id", "hash(id) as score", "repeat(md5(string(id)), 20) as page")
    discard(wide.repartition(partitions, "id").sortWithinPartitions("score"))


SWITCH = {"shuffle-partitions": "the number of partitions is the fixed one", **MANY}


@defect("aqe-disabled", "two-hundred-tiny", place=local(2), conf={**OFF, "spark.sql.shuffle.partitions": "400"}, allowed=SWITCH)
@defect("aqe-disabled", "two-hundred-tiny-35", spark="3.5", place=local(2), conf={**OFF, "spark.sql.shuffle.partitions": "400"}, allowed=SWITCH)
def tiny_without_aqe(spark):
    """Three aggregations in a row, each with 400 partitions that adaptive execution would have merged."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 200000")
    spend = orders.groupBy("customer_id", "country").agg(F.sum("amount").alias("spend"))
    discard(spend.groupBy("customer_id").agg(F.max("spend").alias("best")).groupBy(F.round("best")).count())


SKEW = {"spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes": "4m", "spark.sql.adaptive.advisoryPartitionSizeInBytes": "2m"}
HOT = {"task-skew": "the skewed partition that adaptive execution would have split", "missed-broadcast": "the smaller side would fit a broadcast", "shuffle-partitions": "the number of partitions is the fixed one", **WAITS}


@defect("aqe-disabled", "skewed-join", place=local(8), conf={**OFF, **SKEW, "spark.sql.shuffle.partitions": "16"}, allowed=HOT)
@defect("aqe-disabled", "skewed-join-35", spark="3.5", place=local(8), conf={**OFF, **SKEW, "spark.sql.shuffle.partitions": "16"}, allowed=HOT)
def skew_without_aqe(spark):
    """A skewed join with the split of skewed partitions configured, and adaptive execution off."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 400000")
    orders = orders.withColumn("customer_id", F.when(F.col("order_id") % 10 < 6, F.lit(7)).otherwise(F.col("customer_id")))
    customers = spark.read.parquet(f"{LAKE}/customers").hint("merge")
    discard(orders.join(customers, "customer_id").where(waits(30, 1, "order_id")))


@defect("aqe-disabled", "join-that-would-broadcast", place=local(2), conf={**OFF, "spark.sql.shuffle.partitions": "200"}, allowed={"missed-broadcast": "the filtered side is small", "tiny-partitions": "200 partitions", "shuffle-partitions": "200 partitions", "scheduler-delay": "the tasks are tiny", "shuffle-write": "all orders are shuffled"})
def late_broadcast(spark):
    """A filter leaves 60 customers, which only adaptive execution would have noticed in time for a broadcast."""
    customers = spark.read.parquet(f"{LAKE}/customers").where("substr(address, 1, 3) = 'abc'")
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 1000000")
    discard(orders.join(customers, "customer_id"))


@defect("input-splits", "splits-of-100-kb", place=local(2), conf={"spark.sql.files.maxPartitionBytes": "100k", "spark.sql.files.openCostInBytes": "0"}, allowed=MANY)
@defect("input-splits", "splits-of-100-kb-35", spark="3.5", place=local(2), conf={"spark.sql.files.maxPartitionBytes": "100k", "spark.sql.files.openCostInBytes": "0"}, allowed=MANY)
def tiny_splits(spark):
    """maxPartitionBytes of 100 KB, left from a test, on 86 MB of CSV."""
    schema = "order_id long, customer_id long, product_id int, country string, amount double, ordered_at string, note string"
    spark.read.schema(schema).option("header", True).csv(f"{LAKE}/orders_csv").groupBy("country").agg(F.sum("amount")).collect()


@defect("input-splits", "one-split-for-all", place=local(8), conf={"spark.sql.files.maxPartitionBytes": "1g", "spark.sql.files.minPartitionNum": "1"}, allowed=FEW)
@defect("input-splits", "one-split-for-all-35", spark="3.5", place=local(8), conf={"spark.sql.files.maxPartitionBytes": "1g", "spark.sql.files.minPartitionNum": "1"}, allowed=FEW)
def one_split(spark):
    """maxPartitionBytes of 1 GB: 111 MB of Parquet become one task on eight cores."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 400000")
    discard(orders.where(waits(40, 1, "order_id")))


@defect("input-splits", "parquet-splits-of-200-kb", place=local(2), conf={"spark.sql.files.maxPartitionBytes": "200k", "spark.sql.files.openCostInBytes": "0"}, allowed=MANY)
def tiny_parquet_splits(spark):
    """maxPartitionBytes of 200 KB on row groups of 4 MB: nineteen of twenty tasks find no row group of their own."""
    spark.read.parquet(f"{LAKE}/orders").groupBy("country").agg(F.sum("amount")).collect()
