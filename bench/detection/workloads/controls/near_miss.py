"""Something that looks like a problem and costs next to nothing, and small applications that need no advice."""

import time

from pyspark import TaskContext
from pyspark.sql import functions as F

from pace import LAKE, OUT, WAITS, discard, run_tasks
from variant import cluster, control, local

START = {"slow-start": "a short application on a cluster waits for its executors' processes", **WAITS}


def even(spark, tasks=64, task_s=0.5):
    run_tasks(spark, tasks, task_s * 1000)


@control("tiny-count", place=local(2))
@control("tiny-count-35", spark="3.5", place=local(2))
def tiny_count(spark):
    """Counts ten rows."""
    spark.range(10).count()


@control("tiny-report", place=local(4))
@control("tiny-report-35", spark="3.5", place=local(4))
def tiny_report(spark):
    """A report over a table of 500 rows."""
    spark.read.parquet(f"{LAKE}/products").groupBy("category").count().orderBy("category").collect()


@control("no-jobs", place=local(2))
def no_jobs(spark):
    """Starts, finds nothing to do, and ends."""
    spark.read.schema("id long").parquet(f"{LAKE}/products").explain()


@control("brief-driver-pauses", place=local(4), allowed=WAITS, pause_s=0.1)
@control("brief-driver-pauses-35", spark="3.5", place=local(4), allowed=WAITS, pause_s=0.1)
def brief_pauses(spark, pause_s):
    """A tenth of a second of Python between jobs of two seconds."""
    for _ in range(7):
        even(spark, 16, 0.5)
        time.sleep(pause_s)


@control("one-cheap-retry", place=local(4, 4), allowed=WAITS, fails_after_s=0.1)
@control("one-cheap-retry-35", spark="3.5", place=local(4, 4), allowed=WAITS, fails_after_s=0.1)
def cheap_retry(spark, fails_after_s):
    """One task of 80 fails at its start and succeeds at once when tried again."""

    def work(rows):
        task = TaskContext.get()
        if task.partitionId() == 9 and task.attemptNumber() == 0:
            time.sleep(fails_after_s)
            raise ConnectionError("connection reset by peer")
        time.sleep(0.6)
        return [sum(rows)]

    spark.sparkContext.parallelize(range(16_000), 80).mapPartitions(work).sum()


@control("cached-and-reused", place=local(2), reads=5)
@control("cached-and-reused-35", spark="3.5", place=local(2), reads=5)
def cached_and_reused(spark, reads):
    """A parsed and filtered table is cached, used five times, and released."""
    orders = spark.read.option("header", True).csv(f"{LAKE}/orders_csv").selectExpr(
        "cast(customer_id as long) as customer_id", "cast(amount as double) as amount", "country"
    )
    orders.cache()
    for turn in range(reads):
        orders.where(f"customer_id % {reads} = {turn}").groupBy("country").agg(F.sum("amount"), F.count("*")).collect()
    orders.unpersist()


@control("python-function-on-few-rows", place=local(2))
@control("python-function-on-few-rows-35", spark="3.5", place=local(2))
def light_udf(spark):
    """A Python function names the eight rows of the result."""
    named = F.udf(lambda code: {"DE": "Germany", "FR": "France"}.get(code, code))
    orders = spark.read.parquet(f"{LAKE}/orders")
    report = orders.groupBy("country").agg(F.sum("amount"), F.countDistinct("customer_id"), F.max("note"))
    report.withColumn("name", named("country")).collect()


@control("small-result-to-pandas", place=local(2))
def small_to_pandas(spark):
    """toPandas of 500 rows after the aggregation."""
    orders = spark.read.parquet(f"{LAKE}/orders")
    frame = orders.groupBy("product_id").agg(F.sum("amount").alias("amount"), F.countDistinct("customer_id")).toPandas()
    print(frame["amount"].max())


@control("brief-narrow-stage", place=local(4), allowed=WAITS, narrow_s=0.7)
@control("brief-narrow-stage-35", spark="3.5", place=local(4), allowed=WAITS, narrow_s=0.7)
def brief_narrow_stage(spark, narrow_s):
    """One task alone for 0.7 s in a run of 17 s."""
    even(spark, 128, 0.5)
    even(spark, 1, narrow_s)


@control("files-of-modest-size", place=local(2))
def modest_files(spark):
    """Reads thirty files of 4 MB: not the ideal size, and no problem at thirty."""
    orders = spark.read.parquet(f"{LAKE}/by_day")
    discard(orders.groupBy("customer_id").agg(F.sum("amount"), F.max("note")))


@control("forty-tiny-files", place=local(4), allowed=WAITS)
def forty_tiny_files(spark):
    """Writes and reads forty tiny files in a run whose time goes elsewhere."""
    even(spark, 100, 0.5)
    spark.range(4000).repartition(40).write.mode("overwrite").parquet("forty")
    spark.read.parquet("forty").count()


@control("small-spill", place=local(2), jvm={"spark.driver.memory": "1g"}, conf={"spark.memory.fraction": "0.2", "spark.sql.shuffle.partitions": "2"}, allowed=WAITS, rows=700_000)
def small_spill(spark, rows):
    """One of the stages spills a little; nearly all of the time goes into another stage."""
    frame = spark.range(0, rows, 1, 2).selectExpr("id", "hash(id) as score", "sha2(string(id), 256) as page")
    discard(frame.repartition(2).sortWithinPartitions("score"))
    even(spark, 64, 0.6)


@control("shared-source-read-twice", place=local(4), allowed=WAITS)
def read_twice(spark):
    """Two small reads of the products in a run whose time goes elsewhere."""
    products = spark.read.parquet(f"{LAKE}/products")
    products.groupBy("category").count().collect()
    even(spark, 96, 0.5)
    products.where("category = 3").count()


@control("cached-small-once", place=local(4), allowed=WAITS)
def cached_once(spark):
    """A table of 500 rows is cached and used once: pointless and free."""
    spark.read.parquet(f"{LAKE}/products").cache().count()
    even(spark, 96, 0.5)


@control("two-hundred-quick-tasks", place=local(4), allowed=WAITS, tasks=200)
def quick_tasks(spark, tasks):
    """200 empty tasks cost a fraction of a second."""
    even(spark, 96, 0.5)
    spark.sparkContext.range(0, 2000, 1, tasks).count()


@control("speculation-without-need", place=cluster(), conf={"spark.executor.memory": "768m", "spark.cores.max": "8", "spark.speculation": "true"}, allowed=START)
def speculation_idle(spark):
    """Speculation is on and finds nothing to do."""
    even(spark, 160, 0.8)


@control("dynamic-allocation-calm", place=cluster(), allowed=START, conf={
    "spark.executor.memory": "768m", "spark.executor.cores": "4", "spark.cores.max": "8", "spark.dynamicAllocation.enabled": "true", "spark.dynamicAllocation.shuffleTracking.enabled": "true",
    "spark.dynamicAllocation.minExecutors": "2", "spark.dynamicAllocation.initialExecutors": "2", "spark.dynamicAllocation.maxExecutors": "2"})
def calm_allocation(spark):
    """Dynamic allocation with as many executors as the work needs from start to end."""
    even(spark, 160, 0.8)
    even(spark, 160, 0.2)


@control("two-jobs-at-once", place=local(8), allowed=WAITS)
def two_at_once(spark):
    """Two even jobs share the cores."""
    import threading

    other = threading.Thread(target=lambda: even(spark, 80, 0.6))
    other.start()
    even(spark, 80, 0.6)
    other.join()


@control("python-rdd-even", place=local(2))
def python_rdd(spark):
    """A word count in Python over even partitions."""
    lines = spark.sparkContext.parallelize([f"w{n % 97} w{n % 13} w{n % 1009}" for n in range(200_000)], 6)
    lines.flatMap(str.split).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b, 4).collect()


@control("stream-keeps-up", place=local(4), rows_per_second=200, seconds=14)
@control("stream-keeps-up-35", spark="3.5", place=local(4), rows_per_second=100, seconds=14)
def stream_keeps_up(spark, rows_per_second, seconds):
    """A stream whose batches end well before the next one is due."""
    ticks = spark.readStream.format("rate").option("rowsPerSecond", rows_per_second).option("numPartitions", 4).load()
    counts = ticks.withWatermark("timestamp", "5 seconds").groupBy(F.window("timestamp", "2 seconds")).count()
    query = counts.writeStream.format("noop").outputMode("update").option("checkpointLocation", f"{OUT}/keeps-up-{time.time()}").trigger(processingTime="3 seconds").start()
    query.awaitTermination(seconds)
    query.stop()
