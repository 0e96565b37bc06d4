"""Runs one application after another in one driver process, as commands arrive on stdin, one JSON object a line.

A command: {"workload", "fixed", "master", "conf", "events"}. The answer on stdout, one line each: {"app_id"} or {"app_id", "error"}.
"""

import json
import sys

from pyspark.sql import SparkSession

import aggregations
import driver_work
import joins
import scans
import tasks

WORKLOADS = {
    **aggregations.WORKLOADS,
    **driver_work.WORKLOADS,
    **joins.WORKLOADS,
    **scans.WORKLOADS,
    **tasks.WORKLOADS,
}


def run(command):
    builder = SparkSession.builder.master(command["master"]).appName(command["workload"])
    settings = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": command["events"],
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **command["conf"],
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    answer = {"app_id": spark.sparkContext.applicationId}
    try:
        WORKLOADS[command["workload"]](spark, command["fixed"], command["lake"])
    except Exception as error:
        answer["error"] = str(error).splitlines()[0][:300]
    finally:
        spark.stop()
        # A session that is built anew keeps the settings of the one before it where it is told no others.
        SparkSession.builder._options.clear()
    return answer


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
