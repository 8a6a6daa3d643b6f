package iot

import org.apache.spark.sql.{SparkSession, SparkSessionExtensions}
import org.apache.spark.sql.catalyst.plans.logical.{Command, LogicalPlan}

/** For shells and notebooks: lets through queries, temporary views and files, and refuses what changes a table.
  *
  * It keeps from mistakes. Who sits at a shell runs any program there; HDFS refuses to write for the user `reader`.
  */
class ReadOnlyTables extends (SparkSessionExtensions => Unit) {
  override def apply(extensions: SparkSessionExtensions): Unit = {
    // As it is written, since CALL already runs while it is analysed.
    extensions.injectParser((_, spark) => new GuardingParser(spark, ReadOnlyTables.refuseCalls))
    // What else changes a table is known after analysis, whether it was written in SQL or not.
    extensions.injectCheckRule((_: SparkSession) => ReadOnlyTables.refuseWrites _)
  }
}

object ReadOnlyTables {
  private val Allowed = Set(
    "SetCatalogAndNamespace", "SetNamespaceCommand", "SetCommand", "ResetCommand", "ExplainCommand",
    "CreateViewCommand", "CreateTempViewUsing", "DropTempViewCommand",
    "CacheTable", "CacheTableAsSelect", "UncacheTable", "RefreshTable",
    // Files of whatever format, which HDFS lets this user write nowhere near the tables.
    "InsertIntoHadoopFsRelationCommand", "SaveIntoDataSourceCommand"
  )

  def refuseCalls(plan: LogicalPlan): LogicalPlan = {
    plan.foreach(node => if (nameOf(node).contains("Call")) refuse(node))
    plan
  }

  def refuseWrites(plan: LogicalPlan): Unit = plan.foreach {
    case command: Command => if (!allows(nameOf(command))) refuse(command)
    case _ =>
  }

  private def nameOf(plan: LogicalPlan): String = plan.getClass.getSimpleName.stripSuffix("$")

  private def allows(name: String): Boolean = name.startsWith("Show") || name.startsWith("Describe") || Allowed(name)

  private def refuse(plan: LogicalPlan): Nothing =
    throw new UnsupportedOperationException(s"shells only read tables: ${nameOf(plan)} is refused")
}
