/** Members to keep of an object: everything of it, or only these of the objects in it (of each element, where it is a list). */
export interface Members {
  readonly [name: string]: 'all' | Members;
}

/** A second `Event` member would replace the first: keep it, so that the parser sees what it would have seen. */
const EVENT: Members = { Event: 'all' };

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
  'RDD Info': { 'RDD ID': 'all', Name: 'all', 'Number of Partitions': 'all', 'Storage Level': 'all' },
  'Resource Profile Id': 'all',
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
    ...EVENT,
    'Job ID': 'all',
    'Submission Time': 'all',
    'Stage Infos': STAGE_INFO,
    'Stage IDs': 'all',
    Properties: PROPERTIES,
  },
  SparkListenerStageSubmitted: { ...EVENT, 'Stage Info': STAGE_INFO, Properties: PROPERTIES },
  SparkListenerStageCompleted: {
    ...EVENT,
    'Stage Info': { ...STAGE_INFO, Accumulables: { ID: 'all', Name: 'all', Value: 'all', Metadata: 'all' } },
  },
  'org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart': {
    ...EVENT,
    executionId: 'all',
    rootExecutionId: 'all',
    description: 'all',
    details: 'all',
    time: 'all',
    modifiedConfigs: 'all',
  },
  'org.apache.spark.sql.execution.ui.SparkListenerSQLAdaptiveExecutionUpdate': { ...EVENT, executionId: 'all' },
};
