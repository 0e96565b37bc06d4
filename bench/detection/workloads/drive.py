"""Runs workloads one after another in this process, each as an application of its own; or lists them.

`drive.py list` prints the labels as JSON. `drive.py run MASTER ID...` runs on MASTER what has no master of its own, and prints `recorded ID MS` after each application.
"""

import importlib
import json
import os
import pkgutil
import shutil
import sys
import time

import controls
import defects
from pace import LAKE, OUT, ROOT
from variant import CATALOGUE


def load():
    for package in (defects, controls):
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
    return sorted(CATALOGUE, key=lambda variant: variant.id)


def record(variant, master):
    from pyspark import SparkConf, cloudpickle
    from pyspark.sql import SparkSession

    for name, module in list(sys.modules.items()):
        if name in ("pace", "variant") or name.startswith(("defects.", "controls.")):
            cloudpickle.register_pickle_by_value(module)
    events = f"{ROOT}/events/{variant.id}"
    shutil.rmtree(events, ignore_errors=True)
    os.makedirs(events)
    scratch = f"{OUT}/{variant.id}"
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)
    os.chdir(scratch)
    settings = {
        "spark.app.name": variant.id.split("/")[1],
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file:{events}",
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
        "spark.sql.warehouse.dir": f"file:{scratch}/warehouse",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **variant.conf,
    }
    conf = SparkConf().setMaster(variant.place.get("master", master)).setAll(settings.items())
    spark = SparkSession.builder.config(conf=conf).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        variant.run(spark)
    except Exception as error:
        print(f"raised {variant.id} {type(error).__name__}: {str(error)[:300]!r}", file=sys.stderr, flush=True)
        if variant.parameters.get("fails") is not True:
            raise
    finally:
        jvm = spark._jvm
        spark.stop()
        shutil.rmtree(scratch, ignore_errors=True)
        jvm.System.gc()


def warm_up():
    """An application that is not recorded: the first one of a process pays seconds for loading classes."""
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 1000")
    spark.read.option("header", True).csv(f"{LAKE}/tiny_csv/part-0001.csv").groupBy("country").count().collect()
    shares = orders.groupBy("product_id").sum("amount").join(spark.read.parquet(f"{LAKE}/products"), "product_id")
    shares.orderBy("title").write.mode("overwrite").parquet(f"{OUT}/warm-up-{os.getpid()}")
    spark.stop()


def main():
    variants = {variant.id: variant for variant in load()}
    if sys.argv[1] == "list":
        json.dump([variant.label() for variant in variants.values()], sys.stdout, indent=1)
        return
    warm_up()
    for name in sys.argv[3:]:
        began = time.time()
        try:
            record(variants[name], sys.argv[2])
            print(f"recorded {name} {round((time.time() - began) * 1000)}", flush=True)
        except Exception as error:
            print(f"failed {name} {type(error).__name__}: {str(error)[:300]!r}", flush=True)


main()
