package iot

import org.apache.spark.sql.{SparkSession, SparkSessionExtensions}
import org.apache.spark.sql.catalyst.{FunctionIdentifier, TableIdentifier}
import org.apache.spark.sql.catalyst.analysis.UnresolvedFunction
import org.apache.spark.sql.catalyst.expressions.CallMethodViaReflection
import org.apache.spark.sql.catalyst.parser.{ParameterContext, ParserInterface}
import org.apache.spark.sql.catalyst.plans.logical.{Command, LogicalPlan}
import org.apache.spark.sql.catalyst.trees.TreeNode
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation
import org.apache.spark.sql.types.{DataType, StructType}

/** Lets through what reads the platform's tables, and refuses everything else.
  *
  * Spark SQL without it is a shell: it runs programs (TRANSFORM … USING), calls Java (reflect) and reads files of the
  * machine (text.`/etc/passwd`). HDFS refuses to write to who may not, but the metastore drops and renames for anybody.
  */
class ReadOnly extends (SparkSessionExtensions => Unit) {
  override def apply(extensions: SparkSessionExtensions): Unit = {
    // A statement is refused as it is written, since CALL already runs while it is analysed.
    extensions.injectParser((_, spark) => new GuardingParser(spark, ReadOnly.refuseOtherStatements))
    // What a name stands for is known after analysis only.
    extensions.injectCheckRule((_: SparkSession) => ReadOnly.refuseOtherSources _)
  }
}

object ReadOnly {
  private val Database = "iot"

  /** What a query is made of before it is analysed. Nodes of a later Spark are refused until they are named here. */
  private val OfQueries = Set(
    "UnresolvedRelation", "UnresolvedInlineTable", "UnresolvedTableValuedFunction", "OneRowRelation", "RelationTimeTravel",
    "Project", "Filter", "Aggregate", "UnresolvedHaving", "Sort", "GlobalLimit", "LocalLimit", "Offset", "Distinct",
    "Join", "LateralJoin", "Union", "Intersect", "Except", "Generate", "Pivot", "UnresolvedUnpivot", "Unpivot", "Sample",
    "SubqueryAlias", "UnresolvedSubqueryColumnAliases", "UnresolvedTVFAliases", "UnresolvedWith", "WithWindowDefinition",
    "UnresolvedHint", "PipeOperator", "RepartitionByExpression", "LocalRelation", "Range"
  )
  private val Commands = Set("SetCatalogAndNamespace", "SetNamespaceCommand", "SetCommand", "ExplainCommand")
  private val Sources = Set("LocalRelation", "OneRowRelation", "Range", "CTERelationRef")
  private val CallsJava = Set("reflect", "java_method", "try_reflect")

  def refuseOtherStatements(plan: LogicalPlan): LogicalPlan = {
    walk(plan)
    plan
  }

  private def walk(part: Any): Unit = part match {
    // What it explains or describes is analysed as a statement of its own.
    case command: Command => if (!reads(command)) refuse(nameOf(command))
    case plan: LogicalPlan =>
      if (!OfQueries(nameOf(plan))) refuse(nameOf(plan))
      plan.productIterator.foreach(walk)
    case function: UnresolvedFunction =>
      if (CallsJava(function.nameParts.last.toLowerCase)) refuse(function.nameParts.last)
      function.productIterator.foreach(walk)
    case node: TreeNode[_] => node.productIterator.foreach(walk)
    case parts: Iterable[_] => parts.foreach(walk)
    case parts: Product => parts.productIterator.foreach(walk)
    case _ =>
  }

  def refuseOtherSources(plan: LogicalPlan): Unit = plan match {
    case command: Command => if (!reads(command)) refuse(nameOf(command))
    case query =>
      query.foreachWithSubqueries { node =>
        if (node.isInstanceOf[Command]) refuse(nameOf(node))
        if (node.children.isEmpty && !isOurs(node)) refuse(s"reading from ${nameOf(node)}")
        node.expressions.foreach(_.foreach {
          case call: CallMethodViaReflection => refuse(call.prettyName)
          case _ =>
        })
      }
  }

  private def isOurs(leaf: LogicalPlan): Boolean = leaf match {
    case relation: DataSourceV2Relation =>
      relation.table.getClass.getName.startsWith("org.apache.iceberg.spark.") &&
        relation.identifier.exists(_.namespace.headOption.contains(Database))
    case other => Sources(nameOf(other))
  }

  /** Spark calls what only tells something Show… and Describe…. */
  private def reads(command: Command): Boolean = {
    val name = nameOf(command)
    name.startsWith("Show") || name.startsWith("Describe") || Commands(name)
  }

  private def nameOf(node: Any): String = node.getClass.getSimpleName.stripSuffix("$")

  private def refuse(what: String): Nothing =
    throw new UnsupportedOperationException(s"this server only reads the tables of $Database: $what is refused")
}

/** Hands on what `guard` lets through; the guard throws where it does not. */
private class GuardingParser(spark: ParserInterface, guard: LogicalPlan => LogicalPlan) extends ParserInterface {
  override def parsePlan(text: String): LogicalPlan = guard(spark.parsePlan(text))
  override def parsePlanWithParameters(text: String, parameters: ParameterContext): LogicalPlan =
    guard(spark.parsePlanWithParameters(text, parameters))
  override def parseQuery(text: String): LogicalPlan = guard(spark.parseQuery(text))
  override def parseExpression(text: String) = spark.parseExpression(text)
  override def parseTableIdentifier(text: String): TableIdentifier = spark.parseTableIdentifier(text)
  override def parseFunctionIdentifier(text: String): FunctionIdentifier = spark.parseFunctionIdentifier(text)
  override def parseMultipartIdentifier(text: String): Seq[String] = spark.parseMultipartIdentifier(text)
  override def parseTableSchema(text: String): StructType = spark.parseTableSchema(text)
  override def parseDataType(text: String): DataType = spark.parseDataType(text)
  override def parseRoutineParam(text: String): StructType = spark.parseRoutineParam(text)
}
