"""Joins that move or multiply far more than the result needs."""

from pyspark.sql import functions as F

from pace import LAKE, discard
from variant import defect, local

NEVER = {"spark.sql.autoBroadcastJoinThreshold": "-1"}
SHUFFLED = {
    "shuffle-partitions": "the shuffle that the broadcast would spare has the default number of partitions",
    "disk-spill": "the sort of the join that the broadcast would spare spills",
    "gc-pressure": "the sort of the join that the broadcast would spare fills the heap",
    "shuffle-write": "the shuffle that the broadcast would spare is the heavy part",
    "huge-partitions": "the shuffle that the broadcast would spare is the heavy part",
}


@defect("missed-broadcast", "threshold-off", place=local(2), conf=NEVER, allowed=SHUFFLED, rows=2_000_000)
@defect("missed-broadcast", "threshold-off-35", spark="3.5", place=local(2), conf=NEVER, allowed=SHUFFLED, rows=900_000)
def threshold_off(spark, rows):
    """Somebody switched broadcasts off after a failure years ago: 500 products are joined by sorting all orders."""
    orders = spark.read.parquet(f"{LAKE}/orders").where(f"order_id < {rows}")
    products = spark.read.parquet(f"{LAKE}/products")
    discard(orders.join(products, "product_id"))


@defect("missed-broadcast", "merge-hint", place=local(2), allowed=SHUFFLED, hint="merge", rows=2_000_000)
@defect("missed-broadcast", "shuffle-hash-hint", place=local(2), allowed=SHUFFLED, hint="shuffle_hash", rows=2_000_000)
@defect("missed-broadcast", "merge-hint-35", spark="3.5", place=local(2), allowed=SHUFFLED, hint="merge", rows=900_000)
def hinted(spark, hint, rows):
    """A hint left in the query forces a shuffle of both sides; one side has 500 rows."""
    orders = spark.read.parquet(f"{LAKE}/orders").where(f"order_id < {rows}")
    products = spark.read.parquet(f"{LAKE}/products").hint(hint)
    discard(orders.join(products, "product_id"))


@defect("missed-broadcast", "two-small-tables", place=local(2), conf=NEVER, allowed=SHUFFLED)
def two_small(spark):
    """Two dimensions, one after the other, each by a shuffle of the orders."""
    orders = spark.read.parquet(f"{LAKE}/orders").where("order_id < 1500000")
    products = spark.read.parquet(f"{LAKE}/products")
    countries = orders.select("country").distinct().withColumn("region", F.lit("EU"))
    discard(orders.join(products, "product_id").join(countries, "country"))


COLLECTED = {
    "driver-gap": "the driver collects and builds the table while no task runs",
    "driver-memory": "the table is held by the driver",
    "gc-pressure": "the hashed table fills the heap",
    "idle-cores": "the cores wait while the driver builds the table",
    "memory-underprovisioned": "the hashed table fills the heap",
    "low-parallelism": "few tasks are left beside the broadcast",
}


@defect("large-broadcast", "hinted-fact-table", place=local(2), jvm={"spark.driver.memory": "3g"}, allowed=COLLECTED, rows=700_000)
@defect("large-broadcast", "hinted-fact-table-35", spark="3.5", place=local(2), jvm={"spark.driver.memory": "3g"}, allowed=COLLECTED, rows=700_000)
def hinted_fact(spark, rows):
    """A broadcast hint on the larger table of the two."""
    orders = spark.read.parquet(f"{LAKE}/orders").where(f"order_id < {rows}")
    visits = spark.range(0, 300_000, 1, 4).withColumnRenamed("id", "order_id")
    discard(visits.join(F.broadcast(orders), "order_id"))


@defect("large-broadcast", "threshold-of-a-gigabyte", place=local(2), jvm={"spark.driver.memory": "3g"}, conf={"spark.sql.autoBroadcastJoinThreshold": "1g"}, allowed=COLLECTED, rows=2_000_000)
@defect("large-broadcast", "threshold-of-a-gigabyte-35", spark="3.5", place=local(2), jvm={"spark.driver.memory": "3g"}, conf={"spark.sql.autoBroadcastJoinThreshold": "1g"}, allowed=COLLECTED, rows=2_000_000)
def high_threshold(spark, rows):
    """A broadcast threshold of 1 GB: a left join of a small table collects the two hundred megabytes beside it into the driver."""
    orders = spark.read.parquet(f"{LAKE}/orders").where(f"order_id < {rows}")
    visits = spark.range(0, 200_000, 1, 4).selectExpr("id * 7 as order_id", "id as visit")
    discard(visits.join(orders, "order_id", "left"))


@defect("large-broadcast", "again-in-each-query", place=local(2), jvm={"spark.driver.memory": "3g"}, allowed={"repeated-scan": "the table is read for each broadcast", **COLLECTED}, rows=350_000, queries=3)
def in_each_query(spark, rows, queries):
    """The same large table is broadcast again for each of three queries."""
    orders = spark.read.parquet(f"{LAKE}/orders").where(f"order_id < {rows}")
    for query in range(queries):
        visits = spark.range(0, 100_000, 1, 4).selectExpr(f"id * 3 + {query} as order_id")
        discard(visits.join(F.broadcast(orders), "order_id"))


PAIRS = {"data-explosion": "every pair of rows is made", "low-parallelism": "the pairs are made by the few tasks of one side", "long-stage": "the pairs are made in one stage"}


@defect("cartesian-join", "cross-join-then-filter", place=local(2), allowed=PAIRS, left=9000, right=9000)
@defect("cartesian-join", "cross-join-then-filter-35", spark="3.5", place=local(2), allowed=PAIRS, left=6000, right=6000)
def cross_then_filter(spark, left, right):
    """All pairs of shops and addresses, then the near ones."""
    shops = spark.range(0, left, 1, 4).selectExpr("id as shop", "pmod(hash(id), 10000) as x")
    addresses = spark.range(0, right, 1, 4).selectExpr("id as address", "pmod(hash(id, 1), 10000) as y")
    near = shops.crossJoin(addresses).where("sqrt(pow(x - y, 2) + pow(x % 97 - y % 89, 2)) < 3")
    near.groupBy().count().collect()


@defect("cartesian-join", "between-join", place=local(2), allowed=PAIRS, events=60_000, spans=1200)
@defect("cartesian-join", "between-join-35", spark="3.5", place=local(2), allowed=PAIRS, events=40_000, spans=1000)
def between(spark, events, spans):
    """Events are put into sessions by a range condition only: a nested loop over all pairs."""
    event = spark.range(0, events, 1, 4).selectExpr("id as event", "id * 10 as at")
    session = spark.range(0, spans).selectExpr("id as session", f"id * {events * 10 // spans} as began", f"(id + 1) * {events * 10 // spans} as ended")
    discard(event.join(session, F.expr("at >= began and at < ended")))


@defect("cartesian-join", "or-condition", place=local(2), allowed=PAIRS, left=60_000, right=1500)
def or_condition(spark, left, right):
    """Two keys joined by OR leave no key to hash."""
    people = spark.range(0, left, 1, 4).selectExpr("id", "sha2(string(id), 256) as mail", "string(id % 900000) as phone")
    marks = spark.range(0, right).selectExpr("sha2(string(id * 7), 256) as blocked_mail", "string(id * 11) as blocked_phone")
    discard(people.join(marks, F.expr("mail = blocked_mail or phone = blocked_phone")))


@defect("cartesian-join", "similar-names", place=local(2), allowed=PAIRS, left=1500, right=1500)
def similar(spark, left, right):
    """Every name is compared with every other by edit distance."""
    names = spark.range(0, left, 1, 4).selectExpr("id as a", "substr(md5(string(id)), 1, 10) as name")
    others = spark.range(0, right, 1, 2).selectExpr("id as b", "substr(md5(string(id + 5)), 1, 10) as other")
    names.join(others, F.expr("a < b and levenshtein(name, other) < 3")).groupBy().count().collect()


MORE = {"shuffle-partitions": "the multiplied rows are shuffled", "disk-spill": "the multiplied rows spill", "shuffle-write": "the multiplied rows are shuffled", "gc-pressure": "the multiplied rows fill the heap"}


@defect("data-explosion", "many-to-many-join", place=local(2), allowed={"cartesian-join": "nearly every row meets every other of its key", "task-skew": "keys differ in their number of pairs", **MORE}, rows=60_000, keys=150)
@defect("data-explosion", "many-to-many-join-35", spark="3.5", place=local(2), allowed={"cartesian-join": "nearly every row meets every other of its key", "task-skew": "keys differ in their number of pairs", **MORE}, rows=60_000, keys=150)
def many_to_many(spark, rows, keys):
    """A join by country code and segment instead of the customer: each row meets hundreds."""
    left = spark.range(0, rows, 1, 4).selectExpr("id as visit", f"pmod(hash(id), {keys}) as segment")
    right = spark.range(0, rows, 1, 4).selectExpr("id as offer", f"pmod(hash(id, 3), {keys}) as segment")
    left.join(right, "segment").selectExpr("hash(visit, offer) as pair").groupBy().max("pair").collect()


@defect("data-explosion", "explode-every-minute", place=local(2), allowed=MORE, rows=40_000, times=900)
@defect("data-explosion", "explode-every-minute-35", spark="3.5", place=local(2), allowed=MORE, rows=40_000, times=900)
def explode_minutes(spark, rows, times):
    """Each contract is exploded into a row a minute, then counted by hour."""
    contracts = spark.range(0, rows, 1, 4).selectExpr("id", f"explode(sequence(1, {times})) as minute")
    contracts.selectExpr("id % 100 as shop", "minute div 60 as hour").groupBy("shop", "hour").count().collect()


@defect("data-explosion", "cube-of-seven-columns", place=local(2), allowed=MORE, rows=120_000, columns=7)
def cube(spark, rows, columns):
    """A cube over seven columns: each row is copied 128 times before it is counted."""
    names = [f"c{at}" for at in range(columns)]
    frame = spark.range(0, rows, 1, 4).selectExpr("id", *[f"pmod(hash(id, {at}), 3) as {name}" for at, name in enumerate(names)])
    discard(frame.cube(*names).agg(F.sum("id")))
