/**
 * Members to keep of an object: everything of it, or only these of the objects in it (of each element, where it is a list).
 * `name` keeps it too, but leaves nothing of an accumulable whose name begins with `internal.metrics`.
 */
export interface Members {
  readonly [name: string]: 'all' | 'name' | Members;
}

const STAGE_INFO: Members = {
  'Stage ID': 'all',
  'Stage Attempt ID': 'all',
  'Stage Name': 'all',
  Details: 'all',
  'Number of Tasks': 'all',
  'Submission Time': 'all',
  'Completion Time': 'all',
  'Failure Reason': 'all',
  'Parent IDs': 'all',
  'RDD Info': { 'RDD ID': 'all' },
  'Resource Profile Id': 'all',
  'Shuffle Push Enabled': 'all',
  'Shuffle Push Mergers Count': 'all',
};

const PROPERTIES: Members = {
  'spark.job.description': 'all',
  'spark.jobGroup.id': 'all',
  'spark.job.tags': 'all',
  'spark.sql.execution.id': 'all',
  'spark.scheduler.pool': 'all',
};

/**
 * What the decoders read of the events that make up most of a log beside the tasks. Everything else in them is checked
 * to be JSON, and dropped before parsing. An event that is not in this table is parsed whole.
 */
export const EVENT_MEMBERS: Members = {
  SparkListenerJobStart: {
    'Job ID': 'all',
    'Submission Time': 'all',
    'Stage Infos': STAGE_INFO,
    'Stage IDs': 'all',
    Properties: PROPERTIES,
  },
  SparkListenerStageSubmitted: {
    'Stage Info': {
      ...STAGE_INFO,
      'RDD Info': { 'RDD ID': 'all', Name: 'all', 'Number of Partitions': 'all', 'Storage Level': 'all' },
    },
    Properties: PROPERTIES,
  },
  SparkListenerStageCompleted: {
    'Stage Info': {
      ...STAGE_INFO,
      Accumulables: { ID: 'all', Name: 'name', Value: 'all', Internal: 'all', Metadata: 'all' },
    },
  },
  'org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart': {
    executionId: 'all',
    rootExecutionId: 'all',
    queryId: 'all',
    description: 'all',
    details: 'all',
    time: 'all',
    modifiedConfigs: 'all',
  },
  'org.apache.spark.sql.execution.ui.SparkListenerSQLAdaptiveExecutionUpdate': { executionId: 'all' },
};
