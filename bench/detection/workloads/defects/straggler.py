"""One task, or the tasks of one executor, take far longer than the others with the same amount of rows."""

import time

from pace import SLEEP, WAITS, discard, run_tasks, tasks_of
from variant import cluster, defect, local

WAIT = {"idle-cores": "the other cores wait for the straggler", **WAITS}
START = {"slow-start": "a short application on a cluster waits for its executors' processes"}


@defect("straggler", "one-slow-partition", place=local(4), allowed=WAIT, slow_s=9.0, usual_s=0.4, tasks=24)
@defect("straggler", "one-slow-partition-35", spark="3.5", place=local(8), allowed=WAIT, slow_s=8.0, usual_s=0.5, tasks=40)
def one_slow_partition(spark, slow_s, usual_s, tasks):
    """Each partition asks a service for its rates; one request hangs until its time-out."""
    run_tasks(spark, tasks, f"1000 * if(spark_partition_id() = 5, {slow_s}, {usual_s})")


@defect("straggler", "slow-disk-in-reduce", place=local(8), allowed=WAIT, slow_s=10.0)
def slow_disk_in_reduce(spark, slow_s):
    """Equal partitions after a shuffle; one of them is written to a volume that stalls."""
    rows = spark.range(0, 3200, 1, 8).selectExpr("id", "sha2(string(id), 256) as page").repartition(16)
    discard(tasks_of(rows, f"if(spark_partition_id() = 11, {slow_s * 1000}, 600) / 200"))


@defect("straggler", "lookup-that-hangs", place=local(4), allowed=WAIT, slow_ms=9000)
def lookup_that_hangs(spark, slow_ms):
    """One row's lookup waits for a lock; all partitions have the same number of rows."""
    rows = spark.range(0, 64_000, 1, 16).selectExpr("id", "sha2(string(id), 256) as page")
    slow = SLEEP.format(f"if(id = 21000, {slow_ms}, if(pmod(id, 400) = 0, 40, 0))")
    discard(rows.where(f"if(pmod(id, 200) = 0, {slow}, true)"))


@defect("straggler", "slow-executor", place=cluster(), conf={"spark.executor.memory": "512m", "spark.executor.cores": "2", "spark.cores.max": "8"}, allowed={**START, **WAIT}, factor=10)
@defect("straggler", "slow-executor-35", spark="3.5", place=cluster(), conf={"spark.executor.memory": "512m", "spark.executor.cores": "2", "spark.cores.max": "8"}, allowed={**START, **WAIT}, factor=8)
def slow_executor(spark, factor):
    """One executor sits on a machine that is busy with something else: its tasks take many times as long."""
    while len(spark.sparkContext._jsc.sc().statusTracker().getExecutorInfos()) < 5:
        time.sleep(0.1)
    folder = "reflect('java.lang.System', 'getProperty', 'user.dir')"
    run_tasks(spark, 40, f"800 * if({folder} like '%/1', {factor}, 1)", rows=1)
