import type { Requirement } from './requirement.ts';

/** What of an event log may leave Headgate. */
export const requirements = [
  {
    id: 'privacy.secrets-always',
    behaviour: 'Secrets are masked at every level, as Spark masks them.',
    source: 'issue: Privacy',
  },
  {
    id: 'privacy.literals',
    behaviour: 'At the level literals, the literals of SQL are masked in descriptions, plans and errors too.',
    source: 'issue: Privacy',
  },
  {
    id: 'privacy.identities',
    behaviour: 'At the level identities, names of users and hosts are replaced too, each by the same name everywhere.',
    source: 'issue: Privacy',
  },
  {
    id: 'privacy.every-face',
    behaviour: 'No tool, resource, prompt, completion, route, command, log line or trace tells what the level masks.',
    source: 'issue: Privacy, "before anything reaches a result, the store or a trace"',
  },
  {
    id: 'privacy.before-result-store-trace',
    behaviour: 'What is masked is in no result, in no row or file of the data folder, and in no trace.',
    source: 'issue: Privacy, "before anything reaches a result, the store or a trace"',
  },
  {
    id: 'privacy.rest-masked-as-spark',
    behaviour: 'The REST is masked at the same level; secrets as Spark masks them.',
    source: 'issue: Privacy, "masked as Spark masks them, in the REST too"',
  },
  {
    id: 'privacy.logs-refused',
    behaviour: 'Above the level secrets the zip of event logs is refused with 403, saying why.',
    source: 'issue: Privacy, "/logs is refused unless its content can be redacted alike"',
  },
  {
    id: 'privacy.logs-masked-alike',
    behaviour: 'At the level secrets the zip holds no secret, and every number and masked text as Spark wrote it.',
    source: 'issue: Privacy, "/logs is refused unless its content can be redacted alike"',
  },
  {
    id: 'privacy.details',
    behaviour: 'What a second reading of a log tells, such as accumulators of tasks, is masked too.',
    source: 'issue: Privacy',
  },
  {
    id: 'privacy.real-plans',
    behaviour: 'No literal of the recorded queries is in a masked plan, description or error of Spark 3.5 or 4.3.',
    source: 'issue: Privacy, "literals in SQL"',
  },
  {
    id: 'privacy.linear',
    behaviour: 'Masking takes time linear in the text, whatever the text is.',
    source: 'issue: Privacy; figures',
  },
  {
    id: 'privacy.sql-secrets',
    behaviour: 'Secrets in statements of SQL are masked: PASSWORD, OPTIONS, TBLPROPERTIES, CREATE USER.',
    source: 'issue: Privacy, "secrets always"',
  },
  {
    id: 'privacy.audit-retention',
    behaviour: 'How long audit rows are kept is a setting; without it they are kept.',
    source: 'issue: Privacy, "audit retention is a setting"',
  },
  {
    id: 'privacy.page',
    behaviour: 'A page says which fields reach a model, what each level masks, and what no level recognises.',
    source: 'issue: Privacy, "a page says which fields reach a model"',
  },
] as const satisfies readonly Requirement[];
