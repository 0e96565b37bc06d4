"""Work that is spread well: even partitions, as many tasks as the cores need."""

import threading

from pyspark.sql import functions as F

from pace import LAKE, WAITS, discard, run_tasks, slowly, waits
from variant import cluster, control, local

HEAP = {"gc-pressure": "four threads that read Parquet share the default heap of 1 GB: a tenth of the task time is garbage collection", **WAITS}
START = {"slow-start": "a short application on a cluster waits for its executors' processes", **WAITS}


@control("even-sleeping-tasks", place=local(4), allowed=WAITS, tasks=96, task_s=0.4)
@control("even-sleeping-tasks-35", spark="3.5", place=local(8), allowed=WAITS, tasks=160, task_s=0.4)
@control("long-simple", place=local(4), allowed=WAITS, tasks=64, task_s=1.6)
@control("long-simple-35", spark="3.5", place=local(4), allowed=WAITS, tasks=64, task_s=1.6)
@control("even-on-a-cluster", place=cluster(), conf={"spark.executor.memory": "768m", "spark.cores.max": "8"}, allowed=START, tasks=160, task_s=1.0)
@control("even-on-a-cluster-35", spark="3.5", place=cluster(), conf={"spark.executor.memory": "768m", "spark.cores.max": "8"}, allowed=START, tasks=160, task_s=1.0)
def even_tasks(spark, tasks, task_s):
    """Equal tasks, several for each core."""
    run_tasks(spark, tasks, task_s * 1000)


@control("varied-tasks", place=local(4), allowed=WAITS, spread=0.5)
@control("varied-tasks-35", spark="3.5", place=local(8), allowed=WAITS, spread=0.8)
def varied_tasks(spark, spread):
    """Tasks differ by a factor of two, which many waves even out."""
    run_tasks(spark, 120, f"400 * (1 + {spread} * (spark_partition_id() * 7 % 11) / 11)")


@control("slow-task-first", place=local(8), allowed=WAITS, slow_s=6.0)
@control("slow-task-first-35", spark="3.5", place=local(4), allowed=WAITS, slow_s=5.0)
def slow_task_first(spark, slow_s):
    """One task takes twelve times the median, but starts first and ends while the other cores are still busy."""
    cores = spark.sparkContext.defaultParallelism
    run_tasks(spark, cores * 24, f"if(spark_partition_id() = 0, {slow_s * 1000}, 500)")


@control("skew-behind-other-job", place=local(8), allowed=WAITS, slow_s=6.0)
def skew_behind_other_job(spark, slow_s):
    """A skewed job and a longer even job run at the same time: the run waits for the even one."""
    other = threading.Thread(
        target=lambda: run_tasks(spark, 16, f"if(spark_partition_id() = 1, {slow_s * 1000}, 200)")
    )
    other.start()
    run_tasks(spark, 160, 500)
    other.join()


@control("mild-skew-group", place=local(4), allowed=WAITS, hot_rows=700)
@control("mild-skew-group-35", spark="3.5", place=local(4), allowed=WAITS, hot_rows=900)
def mild_skew(spark, hot_rows):
    """groupByKey where one of 64 tenants has a little more than the others."""
    rows = spark.sparkContext.parallelize(range(40_000), 16).map(lambda row: (0 if row < hot_rows else row % 64, row))
    rows.groupByKey(32).mapValues(lambda values: sum(1 for _ in slowly(20, 20)(values))).collect()


@control("short-skew-in-long-run", place=local(4), allowed=WAITS, slow_s=1.2)
def short_skew(spark, slow_s):
    """One stage of ten has a task of 1.2 s among tasks of 0.1 s; it costs less than a twentieth of the run."""
    run_tasks(spark, 16, f"if(spark_partition_id() = 3, {slow_s * 1000}, 100)")
    for _ in range(3):
        run_tasks(spark, 240, 100)


@control("even-join", place=local(4), allowed=HEAP)
@control("even-join-35", spark="3.5", place=local(4), allowed=HEAP)
def even_join(spark):
    """Two large tables joined by a key that spreads evenly."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 400000")
    returns = spark.read.parquet(f"{LAKE}/orders").where("order_id < 1600000 and amount > 40").select(
        (F.col("order_id") % 400_000).alias("order_id"), F.col("note").alias("reason"), F.col("amount").alias("refund")
    )
    discard(orders.join(returns, "order_id").where(waits(80, 1, "order_id")))


@control("even-window", place=local(4), allowed=WAITS)
@control("even-window-35", spark="3.5", place=local(4), allowed=WAITS)
def even_window(spark):
    """A running total per customer, repartitioned by customer to three tasks a core."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 300000").repartition(12, "customer_id")
    totals = orders.selectExpr("*", "sum(amount) over (partition by customer_id order by ordered_at) as running")
    discard(totals.where(waits(12, 1, "order_id")))


@control("ten-equal-jobs", place=local(4), allowed=WAITS, jobs=10)
def equal_jobs(spark, jobs):
    """An iterative algorithm: ten jobs of the same shape, one after another."""
    for _ in range(jobs):
        run_tasks(spark, 24, 300)
