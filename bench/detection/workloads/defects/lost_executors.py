"""Executors that die in the middle of a stage, shuffle files that vanish, copies of tasks that nobody needs."""

import glob
import os
import signal
import subprocess
import threading
import time

from pace import ROOT, discard, run_tasks, tasks_of
from variant import cluster, defect, local

SLOW = {"low-cpu": "the tasks wait by construction", "slow-start": "a short application on a cluster waits for its executors' processes"}
LOST = {
    "task-failures": "the tasks of the lost executor fail",
    "stage-retries": "the shuffle files of the lost executor must be made again",
    "idle-cores": "the cores of the lost executor are missing, then new ones wait",
    **SLOW,
}
FRAGILE = {
    "spark.executor.memory": "640m",
    "spark.cores.max": "4",
    "spark.shuffle.readHostLocalDisk": "false",
    "spark.shuffle.io.maxRetries": "1",
    "spark.shuffle.io.retryWait": "1s",
}
TWO = cluster()


def all_executors(spark, count):
    while len(spark.sparkContext._jsc.sc().statusTracker().getExecutorInfos()) <= count:
        time.sleep(0.1)


def executors(spark):
    """Process ids of this application's executors."""
    application = spark.sparkContext.applicationId
    asked = subprocess.run(["pgrep", "-f", f"CoarseGrainedExecutorBackend.*{application}"], capture_output=True, text=True)
    found = []
    for pid in map(int, asked.stdout.split()):
        with open(f"/proc/{pid}/comm") as name:
            if name.read().strip() == "java":
                found.append(pid)
    return sorted(found)


def when_running(spark, tasks, then):
    """Calls `then` in a thread as soon as a stage of `tasks` tasks has tasks that run."""
    tracker = spark.sparkContext.statusTracker()

    def watch():
        while True:
            stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
            if any(stage is not None and stage.numTasks == tasks and stage.numActiveTasks > 0 for stage in stages):
                then()
                return
            time.sleep(0.05)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


MAPS, REDUCES = 16, 12


def map_and_reduce(spark, map_s, reduce_s):
    rows = tasks_of(spark.range(0, MAPS * 60, 1, MAPS), map_s * 1000 / 60)
    discard(tasks_of(rows.repartition(REDUCES), reduce_s * 1000 / 80))


def end_one(spark, in_tasks, after_s, how, times=1):
    def end():
        for _ in range(times):
            time.sleep(after_s)
            os.kill(executors(spark)[0], how)

    when_running(spark, in_tasks, end)


@defect("executor-loss", "killed-in-map", place=TWO, conf=FRAGILE, allowed=LOST, stage="map", task_s=1.5)
@defect("executor-loss", "killed-in-map-35", spark="3.5", place=TWO, conf=FRAGILE, allowed=LOST, stage="map", task_s=1.5)
@defect("executor-loss", "killed-in-reduce", place=TWO, conf=FRAGILE, allowed=LOST, stage="reduce", task_s=1.2)
@defect("executor-loss", "killed-in-reduce-35", spark="3.5", place=TWO, conf=FRAGILE, allowed=LOST, stage="reduce", task_s=1.2)
@defect("executor-loss", "killed-twice", place=TWO, conf=FRAGILE, allowed=LOST, stage="map", task_s=1.2, times=2)
def killed(spark, stage, task_s, times=1):
    """The node's memory guard kills an executor."""
    all_executors(spark, 2)
    end_one(spark, MAPS if stage == "map" else REDUCES, task_s * 1.8, signal.SIGKILL, times)
    map_and_reduce(spark, task_s, task_s)


@defect("executor-loss", "shut-down-by-the-node", place=TWO, conf=FRAGILE, allowed=LOST, task_s=2.5)
def shut_down(spark, task_s):
    """The node is drained: the executor gets SIGTERM while it works."""
    all_executors(spark, 2)
    end_one(spark, 24, task_s * 0.8, signal.SIGTERM)
    run_tasks(spark, 24, task_s * 1000)


CLEANED = {"task-failures": "tasks fail because their input is gone", "shuffle-fetch-wait": "reads of vanished files wait for their retries", **SLOW}


def scratch(name):
    return {"spark.local.dir": f"{ROOT}/scratch/{name}"}


@defect("stage-retries", "cleaned-scratch", place=local(4, 4), conf=scratch("a"), allowed=CLEANED, volume="a", map_s=1.5, reduce_s=0.6, share=1.0)
@defect("stage-retries", "cleaned-scratch-35", spark="3.5", place=local(4, 4), conf=scratch("b"), allowed=CLEANED, volume="b", map_s=1.5, reduce_s=0.6, share=1.0)
@defect("stage-retries", "half-cleaned", place=local(4, 4), conf=scratch("c"), allowed=CLEANED, volume="c", map_s=2.0, reduce_s=0.8, share=0.5)
@defect("stage-retries", "long-maps", place=local(8, 4), conf=scratch("d"), allowed=CLEANED, volume="d", map_s=3.5, reduce_s=0.5, share=1.0)
@defect("stage-retries", "long-maps-35", spark="3.5", place=local(8, 4), conf=scratch("e"), allowed=CLEANED, volume="e", map_s=3.5, reduce_s=0.5, share=1.0)
def cleaned_scratch(spark, volume, map_s, reduce_s, share):
    """A clean-up job deletes shuffle files while the next stage reads them: the map stage runs again."""

    def clean():
        files = sorted(glob.glob(f"{ROOT}/scratch/{volume}/**/shuffle_*.data", recursive=True))
        for path in files[: max(1, int(len(files) * share))]:
            os.remove(path)

    when_running(spark, REDUCES, clean)
    map_and_reduce(spark, map_s, reduce_s)


EAGER = {
    "spark.executor.memory": "640m",
    "spark.cores.max": "8",
    "spark.speculation": "true",
    "spark.speculation.interval": "100ms",
    "spark.speculation.minTaskRuntime": "100ms",
}
SHARED = {"straggler": "the long tasks are what is copied", "task-skew": "the long tasks are what is copied", **SLOW}


def eager(quantile, multiplier):
    return {**EAGER, "spark.speculation.quantile": str(quantile), "spark.speculation.multiplier": str(multiplier)}


@defect("speculation", "eager-copies", place=cluster(), conf=eager(0.3, 1.1), allowed=SHARED, long_s=3.0, rounds=5)
@defect("speculation", "eager-copies-35", spark="3.5", place=cluster(), conf=eager(0.3, 1.1), allowed=SHARED, long_s=3.0, rounds=5)
@defect("speculation", "long-tail-by-nature", place=cluster(), conf=eager(0.4, 1.5), allowed=SHARED, long_s=4.0, rounds=4)
@defect("speculation", "long-tail-by-nature-35", spark="3.5", place=cluster(), conf=eager(0.4, 1.5), allowed=SHARED, long_s=4.0, rounds=4)
@defect("speculation", "many-short-rounds", place=cluster(), conf=eager(0.2, 1.05), allowed=SHARED, long_s=2.0, rounds=8)
def eager_speculation(spark, long_s, rounds):
    """Half of the tasks are long by nature; eager settings copy each of them, in the cores that later jobs wait for."""
    all_executors(spark, 2)
    others = threading.Thread(target=lambda: [run_tasks(spark, 16, 400) for _ in range(12)])
    others.start()
    for _ in range(rounds):
        run_tasks(spark, 8, f"300 + if(spark_partition_id() % 2 = 1, {long_s * 1000}, 0)")
    others.join()
