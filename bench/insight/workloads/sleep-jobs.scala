// Jobs whose tasks only sleep, on several core counts: one application for each shape and core count. Sleeping tasks need no
// real cores, so that local[8] is as true on two cores as on eight. They sleep in the JVM: the start of a Python worker is work.
// Run in spark-shell with the environment variables ROUNDS, CORES, SHAPES (the last two with commas) and STRETCH, which all
// times are multiplied by.

import org.apache.spark.{HashPartitioner, SparkConf, SparkContext}
import org.apache.spark.rdd.RDD
import org.apache.spark.sql.SparkSession

val settings: SparkConf = sc.getConf.clone()
spark.stop()

object Sleep extends Serializable {
  val stretch: Double = sys.env("STRETCH").toDouble

  def sleep(ms: Int): Unit = Thread.sleep((ms * stretch).toLong)

  def stage(context: SparkContext, durations: Seq[Int]): RDD[Int] =
    sleeping(context.parallelize(durations.indices, durations.length), durations)

  def sleeping(rows: RDD[Int], durations: Seq[Int]): RDD[Int] =
    rows.mapPartitionsWithIndex { (index, own) => sleep(durations(index)); own }

  def shuffled(rows: RDD[Int], partitions: Int): RDD[Int] =
    rows.map(row => (row, row)).partitionBy(new HashPartitioner(partitions)).values
}

object Shapes extends Serializable {
  def uniform(context: SparkContext): Unit = Sleep.stage(context, Seq.fill(40)(400)).count()

  def skewed(context: SparkContext): Unit =
    Sleep.stage(context, Seq.fill(15)(250) ++ Seq(4000) ++ Seq.fill(16)(250)).count()

  def varied(context: SparkContext): Unit = {
    val draw = new java.util.Random(7)
    Sleep.stage(context, Seq.fill(48)(math.min(3000, (300 * math.exp(0.8 * draw.nextGaussian())).toInt))).count()
  }

  def severalStages(context: SparkContext): Unit = {
    val first = Sleep.stage(context, Seq.fill(24)(400))
    val second = Sleep.sleeping(Sleep.shuffled(first, 12), Seq.tabulate(12)(at => 300 + 200 * (at % 4)))
    Sleep.sleeping(Sleep.shuffled(second, 5), Seq.fill(5)(700)).count()
  }

  def jobAfterJob(context: SparkContext): Unit = for (count <- Seq(8, 5, 12, 3, 8, 7)) {
    Sleep.stage(context, Seq.fill(count)(400)).count()
    Sleep.sleep(300)
  }

  def concurrentJobs(context: SparkContext): Unit = {
    val plans = Seq(Seq.fill(10)(500), Seq.fill(20)(300), Seq.fill(4)(1200))
    val threads = plans.zipWithIndex.map { case (plan, at) =>
      new Thread(() => {
        context.setLocalProperty("spark.scheduler.pool", s"pool-$at")
        Sleep.stage(context, plan).count()
        Sleep.stage(context, plan.take(3)).count()
      })
    }
    threads.foreach { thread => thread.start(); Sleep.sleep(200) }
    threads.foreach(_.join())
  }

  def sqlJoin(context: SparkContext): Unit = {
    val session = SparkSession.builder().getOrCreate()
    session.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
    val slow = org.apache.spark.sql.functions.udf((row: Long) => { Sleep.sleep(500); row }).asNondeterministic()
    for ((name, count) <- Seq(("orders", 14), ("customers", 9)))
      session.range(0, count, 1, count).select(slow(org.apache.spark.sql.functions.col("id")).as("id")).createOrReplaceTempView(name)
    session.sql("SELECT o.id, count(*) FROM orders o JOIN customers c ON o.id = c.id GROUP BY o.id").collect()
  }

  val all: Map[String, (String, SparkContext => Unit)] = Map(
    "uniform" -> ("FIFO", uniform _),
    "skewed" -> ("FIFO", skewed _),
    "varied" -> ("FIFO", varied _),
    "several-stages" -> ("FIFO", severalStages _),
    "job-after-job" -> ("FIFO", jobAfterJob _),
    "concurrent-jobs" -> ("FIFO", concurrentJobs _),
    "concurrent-jobs-fair" -> ("FAIR", concurrentJobs _),
    "sql-join" -> ("FIFO", sqlJoin _))
}

def run(shape: String, cores: String, name: String): Unit = {
  val (mode, work) = Shapes.all(shape)
  val conf = settings.clone().setMaster(s"local[$cores]").setAppName(name).set("spark.scheduler.mode", mode)
  val context = new SparkContext(conf)
  try work(context) finally {
    context.stop()
    SparkSession.clearActiveSession()
    SparkSession.clearDefaultSession()
  }
}

// Classes are loaded and code is compiled in a run that does not count.
for (shape <- sys.env("SHAPES").split(",")) run(shape, "8", "warm-up")
for (_ <- 1 to sys.env("ROUNDS").toInt; shape <- sys.env("SHAPES").split(","); cores <- sys.env("CORES").split(","))
  run(shape, cores, s"$shape on $cores")
System.exit(0)
