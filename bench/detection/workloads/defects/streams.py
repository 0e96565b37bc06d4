"""Streams that fall behind: each batch takes longer than the time in which its input arrives."""

import time

from pyspark.sql import functions as F

from pace import OUT, tasks_of
from variant import defect

BEHIND = {"low-cpu": "the batches wait by construction", "low-parallelism": "a batch has few tasks", "idle-cores": "a batch has few tasks", "driver-gap": "each batch has work of the driver between its jobs", "tiny-partitions": "each batch is small", "task-skew": "rows fall unevenly into a batch", "small-files-written": "each batch commits files"}


def follow(frame, name, trigger, seconds):
    query = frame.writeStream.format("noop").queryName(name).option("checkpointLocation", f"{OUT}/{name}-{time.time()}")
    running = (query.trigger(processingTime=trigger) if trigger else query).start()
    running.awaitTermination(seconds)
    running.stop()


@defect("streaming-lag", "slow-lookup", allowed=BEHIND, rows_per_second=200, wait_ms=28, trigger="1 second")
@defect("streaming-lag", "slow-lookup-35", spark="3.5", allowed=BEHIND, rows_per_second=200, wait_ms=28, trigger="1 second")
@defect("streaming-lag", "fast-trigger", allowed=BEHIND, rows_per_second=100, wait_ms=56, trigger="500 milliseconds")
def slow_lookup(spark, rows_per_second, wait_ms, trigger):
    """A lookup for each event; four tasks do fewer lookups a second than events arrive."""
    ticks = spark.readStream.format("rate").option("rowsPerSecond", rows_per_second).option("numPartitions", 4).load()
    follow(tasks_of(ticks, wait_ms), "lookups", trigger, 36)


@defect("streaming-lag", "slow-windows", conf={"spark.sql.shuffle.partitions": "4"}, allowed=BEHIND, rows_per_second=160, wait_ms=36)
@defect("streaming-lag", "slow-windows-35", spark="3.5", conf={"spark.sql.shuffle.partitions": "4"}, allowed=BEHIND, rows_per_second=160, wait_ms=36)
def slow_windows(spark, rows_per_second, wait_ms):
    """Counts by window behind a lookup that takes longer than the events leave time for; no trigger interval."""
    ticks = spark.readStream.format("rate").option("rowsPerSecond", rows_per_second).option("numPartitions", 4).load()
    counts = tasks_of(ticks, wait_ms).withWatermark("timestamp", "10 seconds").groupBy(F.window("timestamp", "5 seconds")).count()
    query = counts.writeStream.format("noop").outputMode("update").queryName("windows")
    running = query.option("checkpointLocation", f"{OUT}/windows-{time.time()}").start()
    running.awaitTermination(36)
    running.stop()
