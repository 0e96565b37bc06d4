"""Reading and writing more files, rows or times than needed."""

from pyspark import StorageLevel
from pyspark.sql import functions as F

from pace import LAKE
from variant import defect, local

TINY = {
    "tiny-partitions": "a task for each few tiny files",
    "input-splits": "each split is a few tiny files",
    "driver-gap": "the driver lists the files",
    "scheduler-delay": "a task for each few tiny files",
}
SCHEMA = "order_id long, customer_id long, product_id int, country string, amount double, ordered_at string, note string"


@defect("small-files-read", "tiny-parquet", place=local(2), allowed=TINY, files=1200)
@defect("small-files-read", "tiny-parquet-35", spark="3.5", place=local(2), allowed=TINY, files=1200)
def tiny_parquet(spark, files):
    """1,200 Parquet files of 8 KB, one for each minute of a stream."""
    spark.read.parquet(f"{LAKE}/tiny_parquet").groupBy("country").agg(F.sum("amount"), F.max("note")).collect()


@defect("small-files-read", "tiny-csv", place=local(2), allowed=TINY, files=2500)
@defect("small-files-read", "tiny-csv-35", spark="3.5", place=local(2), allowed=TINY, files=2500)
def tiny_csv(spark, files):
    """2,500 CSV files of 8 KB dropped by a device gateway."""
    spark.read.schema(SCHEMA).option("header", True).csv(f"{LAKE}/tiny_csv").groupBy("country").agg(F.sum("amount"), F.max("note")).collect()


@defect("small-files-read", "hourly-folders", place=local(2), allowed=TINY, files=700)
def tiny_hours(spark, files):
    """A table partitioned by day and hour, with a file of 12 KB in each folder."""
    spark.read.parquet(f"{LAKE}/tiny_hours").groupBy("day").agg(F.sum("amount"), F.max("note")).collect()


WRITES = {"tiny-partitions": "a task for each tiny file", "shuffle-partitions": "the tiny files are those of a shuffle with too many partitions", "scheduler-delay": "a task for each tiny file", "driver-gap": "the driver commits hundreds of files"}


@defect("small-files-written", "repartition-then-write", place=local(2), allowed=WRITES, files=500)
@defect("small-files-written", "repartition-then-write-35", spark="3.5", place=local(2), allowed=WRITES, files=250)
def repartition_then_write(spark, files):
    """repartition(500) before the write of a small table."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 50000")
    orders.repartition(files).write.mode("overwrite").parquet("many-files")


@defect("small-files-written", "partition-by-without-shuffle", place=local(2), allowed=WRITES, days=90)
@defect("small-files-written", "partition-by-without-shuffle-35", spark="3.5", place=local(2), allowed=WRITES, days=60)
def partition_by(spark, days):
    """partitionBy(day, country) by tasks that each have rows of every day: eight tasks make a file each in each folder of a day."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id % 20 = 0").repartition(8)
    orders.withColumn("day", F.col("customer_id") % days).write.mode("overwrite").partitionBy("day").parquet("by-day")


@defect("small-files-written", "json-by-customer", place=local(2), allowed=WRITES, customers=700)
def by_customer(spark, customers):
    """One folder a customer."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 30000").repartition(2)
    orders.withColumn("customer", F.col("customer_id") % customers).write.mode("overwrite").partitionBy("customer").json("by-customer")


ALL = {"repeated-scan": "the folder is read more than once", "low-cpu": "reading dominates"}


@defect("full-scan", "filter-by-timestamp", place=local(2), days=1)
@defect("full-scan", "filter-by-timestamp-35", spark="3.5", place=local(2), days=1)
def by_timestamp(spark, days):
    """The table is partitioned by dt, but the query filters by the time of the order."""
    orders = spark.read.parquet(f"{LAKE}/by_day")
    day = orders.where("date_format(ordered_at, 'yyyy-MM-dd HH') = '2026-01-03 04'")
    day.groupBy("country").agg(F.sum("amount"), F.countDistinct("customer_id")).collect()


@defect("full-scan", "udf-on-partition-column", place=local(2), allowed={"python-udf": "the filter is a Python function"})
@defect("full-scan", "udf-on-partition-column-35", spark="3.5", place=local(2), allowed={"python-udf": "the filter is a Python function"})
def udf_filter(spark):
    """A Python function decides which days are wanted, so that Spark cannot prune."""
    wanted = F.udf(lambda dt: str(dt) == "2026-01-17", "boolean")
    orders = spark.read.parquet(f"{LAKE}/by_day").where(wanted("dt"))
    orders.groupBy("country").agg(F.sum("amount"), F.max("note")).collect()


@defect("full-scan", "filter-after-window", place=local(2), allowed={"disk-spill": "all days are sorted", "shuffle-partitions": "all days are shuffled", "gc-pressure": "all days are sorted"})
def filter_after_window(spark):
    """The day is filtered after a ranking over all days, which keeps the filter above the shuffle."""
    orders = spark.read.parquet(f"{LAKE}/by_day").selectExpr(
        "dt", "country", "amount", "note", "row_number() over (partition by customer_id order by amount) as place"
    )
    orders.where("dt = '2026-01-09' and place < 3").groupBy("country").count().collect()


AGAIN = {"cache-misuse": "the table should have been cached", "driver-gap": "short pauses between the queries", "input-splits": "the file is read in few splits"}


@defect("repeated-scan", "five-reports-from-csv", place=local(2), allowed=AGAIN, reads=5, files="*")
@defect("repeated-scan", "five-reports-from-csv-35", spark="3.5", place=local(2), allowed=AGAIN, reads=5, files="[01]")
def five_reports(spark, reads, files):
    """Five reports, each of which parses the same CSV again."""
    orders = spark.read.schema(SCHEMA).option("header", True).csv(f"{LAKE}/orders_csv/part-{files}.csv")
    for turn in range(reads):
        orders.where(f"customer_id % {reads} = {turn}").groupBy("country").agg(F.sum("amount"), F.max("note")).collect()


@defect("repeated-scan", "count-show-write", place=local(2), allowed=AGAIN, files="*")
@defect("repeated-scan", "count-show-write-35", spark="3.5", place=local(2), allowed=AGAIN, files="[01]")
def count_show_write(spark, files):
    """count for the log, a check for duplicates, another for nulls, then the write: the same work four times."""
    orders = spark.read.schema(SCHEMA).option("header", True).csv(f"{LAKE}/orders_csv/part-{files}.csv")
    clean = orders.where("length(regexp_replace(note, '[0-4]', '')) > 3").withColumn("digest", F.sha2("note", 256))
    clean.groupBy().agg(F.max("digest")).collect()
    clean.groupBy("country").agg(F.max("digest")).collect()
    clean.where("digest is null").count()
    clean.write.mode("overwrite").parquet("clean")


@defect("repeated-scan", "loop-over-countries", place=local(2), allowed=AGAIN, countries=8)
def per_country(spark, countries):
    """A loop over eight countries that filters the whole text of the orders each time."""
    for country in ["DE", "FR", "PL", "IT", "ES", "NL", "SE", "DK"][:countries]:
        orders = spark.read.schema(SCHEMA).option("header", True).csv(f"{LAKE}/orders_csv")
        orders.where(f"country = '{country}'").agg(F.sum("amount"), F.max("note")).collect()


ONCE = {"gc-pressure": "the cached rows fill the heap", "disk-spill": "the cached rows leave little memory", "repeated-scan": "what is not kept is read again", "memory-underprovisioned": "the cache does not fit", "memory-overprovisioned": "the cache is never read"}


@defect("cache-misuse", "cached-used-once", place=local(2), allowed=ONCE)
@defect("cache-misuse", "cached-used-once-35", spark="3.5", place=local(2), allowed=ONCE)
def cached_once(spark):
    """The table is cached by habit and read once."""
    orders = spark.read.parquet(f"{LAKE}/orders").withColumn("digest", F.sha2("note", 256)).cache()
    orders.groupBy("country").agg(F.max("digest"), F.sum("amount")).collect()


@defect("cache-misuse", "every-step-cached", place=local(2), allowed=ONCE)
def every_step(spark):
    """Each of three steps is cached, and only the last one is read."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 1000000").cache()
    gross = orders.withColumn("gross", F.col("amount") * 1.19).cache()
    named = gross.withColumn("digest", F.md5("note")).cache()
    named.groupBy("country").agg(F.max("digest"), F.sum("gross")).collect()


SMALL = {"spark.memory.storageFraction": "0.2", "spark.memory.fraction": "0.07"}


@defect("cache-misuse", "cache-does-not-fit", place=local(2), jvm={"spark.driver.memory": "1g"}, conf=SMALL, allowed=ONCE, reads=4)
@defect("cache-misuse", "cache-does-not-fit-35", spark="3.5", place=local(2), jvm={"spark.driver.memory": "1g"}, conf=SMALL, allowed=ONCE, reads=4)
def does_not_fit(spark, reads):
    """A table that is larger than the memory for storage is cached in memory only: most of it is computed again on each use."""
    orders = spark.read.schema(SCHEMA).option("header", True).csv(f"{LAKE}/orders_csv").withColumn("digest", F.sha2("note", 256))
    orders.persist(StorageLevel.MEMORY_ONLY)
    for turn in range(reads):
        orders.where(f"customer_id % {reads} = {turn}").groupBy("country").agg(F.max("digest")).collect()
