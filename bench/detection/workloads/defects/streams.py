"""Streams that fall behind: each batch takes longer than the time in which its input arrives."""

import os
import time

from pace import OUT, run_tasks, tasks_of
from variant import defect, local

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


@defect("streaming-lag", "slow-batches", allowed=BEHIND, batch_s=3.0, trigger="1 second")
@defect("streaming-lag", "slow-batches-35", spark="3.5", allowed=BEHIND, batch_s=3.0, trigger="1 second")
def slow_batches(spark, batch_s, trigger):
    """Each batch compacts its target for three seconds; the trigger asks for a batch a second."""
    ticks = spark.readStream.format("rate").option("rowsPerSecond", 50).option("numPartitions", 4).load()

    def compact(_, number):
        run_tasks(spark, 4, batch_s * 1000)

    folder = f"{OUT}/compactions-{time.time()}"
    running = ticks.writeStream.foreachBatch(compact).option("checkpointLocation", folder)
    query = running.trigger(processingTime=trigger).start()
    query.awaitTermination(32)
    query.stop()


@defect("streaming-lag", "one-file-a-batch", allowed=BEHIND, files=60)
def one_file_a_batch(spark, files):
    """Files arrive faster than one for each batch, and maxFilesPerTrigger allows one."""
    folder = os.path.abspath("arrivals")
    os.makedirs(folder, exist_ok=True)
    for number in range(files):
        with open(f"{folder}/{number:04d}.csv", "w") as arrival:
            arrival.write("\n".join(f"{number * 40 + row},{row}" for row in range(40)))
    arrivals = spark.readStream.schema("id long, amount long").option("maxFilesPerTrigger", 1).csv(f"file:{folder}")
    follow(tasks_of(arrivals, 40), "arrivals", "1 second", 30)
