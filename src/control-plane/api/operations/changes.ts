import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { KINDS, type Kind, type ObjectChange } from '../../desired-state/desired-state.ts';
import { refuseMask } from '../../mask-secrets.ts';
import { type Problem, problemsError } from '../../problem.ts';
import { apply, DryRun, expectedState, Reason, stateAnswer, underPrecondition } from '../change.ts';
import { defineOperation, type Operation } from '../operation.ts';
import { BATCH_BYTES } from '../request-body.ts';
import { AppliedShape, ProblemShape } from '../wire.ts';

const Spec = z.record(z.string(), z.unknown());

const Changes = z
  .strictObject({
    changes: z
      .array(
        z.strictObject({
          kind: z.enum(KINDS),
          name: z.string(),
          spec: Spec.nullable().describe('Null removes the object'),
        }),
      )
      .optional()
      .describe('One by one'),
    state: z
      .record(z.string(), z.record(z.string(), Spec.nullable()).nullable())
      .optional()
      .describe('Kind to name to spec, as a file has it; null removes an object'),
    replace: z.boolean().default(false).describe('This is the whole state: what is not named is removed'),
    reason: Reason,
  })
  .refine(({ changes, state }) => (changes === undefined) !== (state === undefined), {
    message: 'must have either changes or state',
  });

const batch = defineOperation({
  method: 'POST',
  path: '/api/v1/batch',
  id: 'apply_batch',
  tag: 'changes',
  summary: 'Change many objects at once, all or nothing',
  description: 'Checked, stored and published as one version. If-Match takes the version of the state.',
  access: 'write',
  query: z.strictObject({ dry_run: DryRun }),
  body: Changes,
  bodyLimit: BATCH_BYTES,
  answers: { 200: { description: 'Changed, or the dry run', schema: AppliedShape } },
  problems: [409, 412, 413, 415, 422],
  async handle({ parts, query, body, author, precondition }) {
    const changes = changesOf(body);
    const expected = expectedState(parts, precondition);
    const options = { expected, dryRun: query.dry_run, replace: body.replace };
    const applied = await underPrecondition(parts, expected, () => apply(parts, changes, author, options));
    return stateAnswer(applied, query.dry_run);
  },
});

const validate = defineOperation({
  method: 'POST',
  path: '/api/v1/validate',
  id: 'validate',
  tag: 'changes',
  summary: 'All problems of a change, without making it',
  description: 'Takes what a batch takes. Answers 200 whether or not there are problems.',
  access: 'read',
  body: Changes,
  bodyLimit: BATCH_BYTES,
  answers: {
    200: {
      description: 'What was found',
      schema: z.object({
        valid: z.boolean().describe('No problem is an error'),
        version: z.string().describe('That it was checked against'),
        problems: z.array(ProblemShape),
      }),
    },
  },
  problems: [413, 415],
  async handle({ parts: { controlPlane }, body }) {
    const { version } = controlPlane;
    const problems = await foundIn(async () => controlPlane.validate(changesOf(body), { replace: body.replace }));
    return { body: { valid: problems.every(({ severity }) => severity !== 'error'), version, problems } };
  },
});

const rollback = defineOperation({
  method: 'POST',
  path: '/api/v1/rollback',
  id: 'rollback',
  tag: 'changes',
  summary: 'Make the content of an earlier version current, as a new version',
  description:
    'Refused (409) where it would not be consistent now, or an upstream of it is gone; `force` rolls back to what is consistent though nobody answers there.',
  access: 'write',
  query: z.strictObject({ dry_run: DryRun }),
  body: z.strictObject({
    version: z
      .union([z.string().min(1).max(64), z.int().min(1)])
      .describe('Number or hash; `last-acknowledged`: the last one that every connected proxy acknowledged'),
    force: z.boolean().default(false),
    reason: Reason,
  }),
  answers: { 200: { description: 'Rolled back, or the dry run', schema: AppliedShape } },
  problems: [404, 409, 412, 422],
  async handle({ parts, query, body, author, precondition }) {
    const { controlPlane, metrics } = parts;
    const version = body.version === 'last-acknowledged' ? lastAcknowledged(controlPlane) : String(body.version);
    const expected = expectedState(parts, precondition);
    const options = { expected, dryRun: query.dry_run, force: body.force };
    const applied = await underPrecondition(parts, expected, () =>
      metrics.timeApply(query.dry_run ? 'dry_run' : 'rollback', () => controlPlane.rollback(version, author, options)),
    );
    return stateAnswer(applied, query.dry_run);
  },
});

export const changeOperations: readonly Operation[] = [batch, validate, rollback];

/** Both forms of a change. Errors: `invalid_argument` with a problem for each unknown kind. */
function changesOf({ changes = [], state = {} }: z.output<typeof Changes>): ObjectChange[] {
  const unknown = Object.keys(state).filter((kind) => !isKind(kind));
  if (unknown.length > 0) throw problemsError(unknown.map(unknownKind));
  const named = Object.entries(state).flatMap(([kind, objects]) =>
    isKind(kind) ? Object.entries(objects ?? {}).map(([name, spec]) => ({ kind, name, spec })) : [],
  );
  const all = [...changes, ...named];
  refuseTwice(all);
  for (const { kind, name, spec } of all) refuseMask(spec, `${kind}/${name.slice(0, 200)}`);
  return all;
}

function refuseTwice(changes: readonly ObjectChange[]): void {
  const seen = new Set<string>();
  const twice: Problem[] = [];
  for (const [index, { kind, name }] of changes.entries()) {
    const key = `${kind}/${name}`;
    if (seen.has(key))
      twice.push({
        severity: 'error',
        rule: 'named-twice',
        path: `changes[${index}]`,
        message: `${key.slice(0, 220)} is changed twice.`,
      });
    seen.add(key);
  }
  if (twice.length > 0) throw problemsError(twice);
}

function unknownKind(kind: string): Problem {
  const [meant] = nearest(kind, KINDS, 1);
  const hint = meant === undefined ? `Kinds are ${KINDS.join(', ')}.` : `Did you mean ${meant}?`;
  return {
    severity: 'error',
    rule: 'unknown-field',
    path: `state.${kind.slice(0, 200)}`,
    message: 'no kind of object.',
    hint,
  };
}

function isKind(kind: string): kind is Kind {
  return (KINDS as readonly string[]).includes(kind);
}

/** Problems that are thrown count as found. */
async function foundIn(check: () => Promise<readonly Problem[]>): Promise<readonly Problem[]> {
  try {
    return await check();
  } catch (error) {
    const problems = error instanceof HeadgateError ? error.details?.problems : undefined;
    if (!Array.isArray(problems)) throw error;
    return problems as Problem[];
  }
}

function lastAcknowledged({ lastAcknowledged: version }: { readonly lastAcknowledged: string | null }): string {
  if (version !== null) return version;
  throw new HeadgateError('failed_precondition', 'There is no version that every connected proxy acknowledged.', {
    hint: 'Name a version: GET /api/v1/versions lists them.',
  });
}
