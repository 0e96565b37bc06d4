import type { RedactLevel } from '../../kernel/config-file.ts';
import { redactText } from '../../kernel/redaction.ts';
import type { ApplicationDetails } from '../details/read-details.ts';
import type { Stage } from '../model/application.ts';
import { MASKED_TEXT, NUMBER } from './redactor.ts';

/**
 * Masks the details of an application that was masked before. Metrics of SQL are numbers with units. A task's accumulator is
 * named as its stage shows it, and its value is what a program counted or gathered: above the level `secrets` numbers alone stay.
 */
export function redactDetails(
  details: ApplicationDetails,
  application: { readonly stages: ReadonlyArray<Pick<Stage, 'accumulators'>> },
  level: RedactLevel,
): ApplicationDetails {
  const names = new Map(
    application.stages.flatMap(({ accumulators }) => accumulators.map(({ id, name }) => [id, name] as const)),
  );
  const name = (id: number, text: string) => (level === 'secrets' ? redactText(text) : (names.get(id) ?? MASKED_TEXT));
  const value = (text: string | null) => {
    if (text === null || NUMBER.test(text)) return text;
    return level === 'secrets' ? redactText(text) : MASKED_TEXT;
  };
  return {
    ...details,
    taskAccumulables: new Map(
      [...details.taskAccumulables].map(([taskId, changes]) => [
        taskId,
        changes.map((change) => ({
          ...change,
          name: name(change.id, change.name),
          update: value(change.update),
          value: value(change.value),
        })),
      ]),
    ),
  };
}
