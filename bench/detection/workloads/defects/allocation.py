"""Executors: too many for the work, too late, or coming and going."""

import time

from pace import run_tasks
from variant import cluster, defect, local

SMALL = {"spark.executor.memory": "512m", "spark.executor.cores": "8"}
SLOW = {"low-cpu": "the tasks wait by construction", "slow-start": "a short application on a cluster waits for its executors' processes"}
WIDE = {
    "low-parallelism": "the stages have fewer tasks than there are cores",
    "dynamic-allocation": "executors are fixed in number although most of them have nothing to do",
    "memory-overprovisioned": "the idle executors' memory is not used either",
    **SLOW,
}


def small_jobs(spark, jobs, tasks, task_s):
    for _ in range(jobs):
        run_tasks(spark, tasks, task_s * 1000)


@defect("idle-cores", "sixteen-cores-three-tasks", place=cluster(), conf=SMALL, allowed=WIDE, jobs=6, tasks=3, task_s=2.0)
@defect("idle-cores", "sixteen-cores-three-tasks-35", spark="3.5", place=cluster(), conf=SMALL, allowed=WIDE, jobs=6, tasks=3, task_s=2.0)
@defect("idle-cores", "many-tiny-jobs", place=local(16), allowed=WIDE, jobs=30, tasks=2, task_s=0.4)
@defect("idle-cores", "one-long-task", place=local(16), allowed=WIDE, jobs=1, tasks=2, task_s=14.0)
@defect("idle-cores", "local-sixteen", place=local(16), allowed=WIDE, jobs=5, tasks=3, task_s=2.5)
@defect("idle-cores", "local-sixteen-35", spark="3.5", place=local(16), allowed=WIDE, jobs=5, tasks=2, task_s=2.5)
def too_many_cores(spark, jobs, tasks, task_s):
    """Sixteen cores are reserved for work that never needs more than three."""
    small_jobs(spark, jobs, tasks, task_s)


LATE = {"driver-gap": "the driver waits for executors", "idle-cores": "cores wait before the first task", "dynamic-allocation": "executors are asked for late", "low-cpu": "the tasks wait by construction", "low-parallelism": "few executors at first"}


@defect("slow-start", "waits-for-cores-that-never-come", place=cluster(), allowed=LATE, conf={
    "spark.executor.memory": "512m", "spark.cores.max": "64", "spark.scheduler.minRegisteredResourcesRatio": "0.8", "spark.scheduler.maxRegisteredResourcesWaitingTime": "14s"})
@defect("slow-start", "waits-for-cores-that-never-come-35", spark="3.5", place=cluster(), allowed=LATE, conf={
    "spark.executor.memory": "512m", "spark.cores.max": "64", "spark.scheduler.minRegisteredResourcesRatio": "0.8", "spark.scheduler.maxRegisteredResourcesWaitingTime": "14s"})
@defect("slow-start", "waits-for-all", place=cluster(), allowed=LATE, conf={
    "spark.executor.memory": "512m", "spark.cores.max": "20", "spark.scheduler.minRegisteredResourcesRatio": "1.0", "spark.scheduler.maxRegisteredResourcesWaitingTime": "10s"}, tasks=96, task_s=0.5)
def waits_for_cores(spark, tasks=64, task_s=1.0):
    """Nothing starts until four fifths of the cores are there, more than the cluster has."""
    small_jobs(spark, 1, tasks, task_s)


LAZY = {
    "spark.executor.memory": "512m",
    "spark.executor.cores": "4",
    "spark.dynamicAllocation.enabled": "true",
    "spark.dynamicAllocation.shuffleTracking.enabled": "true",
    "spark.dynamicAllocation.minExecutors": "0",
    "spark.dynamicAllocation.initialExecutors": "0",
    "spark.dynamicAllocation.maxExecutors": "2",
}


@defect("slow-start", "asks-late", place=cluster(), allowed=LATE, conf={**LAZY, "spark.dynamicAllocation.schedulerBacklogTimeout": "12s"})
@defect("slow-start", "asks-late-35", spark="3.5", place=cluster(), allowed=LATE, conf={**LAZY, "spark.dynamicAllocation.schedulerBacklogTimeout": "12s"})
def asks_late(spark):
    """Executors are asked for only after work has waited for twelve seconds."""
    small_jobs(spark, 1, 48, 1.0)


CHURN = {
    "slow-start": "each burst waits for new executors",
    "driver-gap": "nothing runs between the bursts",
    "idle-cores": "executors wait between the bursts until they are removed",
    "executor-loss": "executors are removed",
    "low-cpu": "the tasks wait by construction",
    "low-parallelism": "a burst begins on few executors",
}


def churn(**more):
    return {**LAZY, "spark.dynamicAllocation.executorIdleTimeout": "1s", "spark.dynamicAllocation.schedulerBacklogTimeout": "1s", **more}


@defect("dynamic-allocation", "idle-timeout-of-a-second", place=cluster(), conf=churn(), allowed=CHURN, bursts=3, pause_s=4.0, tasks=16)
@defect("dynamic-allocation", "idle-timeout-of-a-second-35", spark="3.5", place=cluster(), conf=churn(), allowed=CHURN, bursts=3, pause_s=4.0, tasks=16)
@defect("dynamic-allocation", "many-short-bursts", place=cluster(), conf=churn(), allowed=CHURN, bursts=4, pause_s=3.5, tasks=8)
@defect("dynamic-allocation", "grows-too-slowly", place=cluster(), allowed=CHURN, bursts=1, pause_s=0.0, tasks=80,
        conf=churn(**{"spark.dynamicAllocation.schedulerBacklogTimeout": "5s", "spark.dynamicAllocation.sustainedSchedulerBacklogTimeout": "8s"}))
@defect("dynamic-allocation", "capped-at-one", place=cluster(), allowed=CHURN, bursts=1, pause_s=0.0, tasks=32,
        conf=churn(**{"spark.dynamicAllocation.maxExecutors": "1"}))
def bursts(spark, bursts, pause_s, tasks):
    """Executors are given back as soon as they are idle, and asked for again a moment later."""
    for _ in range(bursts):
        small_jobs(spark, 1, tasks, 0.8)
        time.sleep(pause_s)
