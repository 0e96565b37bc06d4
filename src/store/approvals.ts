import type { ApprovalRecordsPort, ApprovalRefusal, ApprovalScope } from '../kernel/approval.ts';
import { type Database, storable } from './database.ts';
import { BATCH_ROWS, removeInBatches } from './retention.ts';

/** Approvals in the store: one row a token, by its hash. */
export function createApprovalRecords(database: Database): ApprovalRecordsPort {
  return {
    async create({ tenant, subject, tool, payloadHash, tokenHash, now, expiresAt }) {
      await database.statement(tenant, (queries) =>
        queries
          .insertInto('approvals')
          .values({
            tenant,
            token_hash: tokenHash,
            subject: storable(subject),
            tool,
            payload_hash: payloadHash,
            created_at_ms: now,
            expires_at_ms: expiresAt,
            used_at_ms: null,
            used_by: null,
          })
          .onConflict((conflict) => conflict.columns(['tenant', 'token_hash']).doNothing())
          .execute(),
      );
    },
    async consume(approval) {
      const { tenant, tokenHash, now, use } = approval;
      const taken = await database.statement(tenant, (queries) =>
        queries
          .updateTable('approvals')
          .set({ used_at_ms: now, used_by: use })
          .where('tenant', '=', tenant)
          .where('token_hash', '=', tokenHash)
          .where('subject', '=', storable(approval.subject))
          .where('tool', '=', approval.tool)
          .where('payload_hash', '=', approval.payloadHash)
          .where('expires_at_ms', '>', now)
          .where((where) => where.or([where('used_by', 'is', null), where('used_by', '=', use)]))
          .returning('token_hash')
          .executeTakeFirst(),
      );
      return taken === undefined ? whyNot(database, approval) : null;
    },
  };
}

/** Who else's it is comes first: nobody learns more of a token that is not theirs. */
async function whyNot(
  database: Database,
  approval: ApprovalScope & { tokenHash: string; now: number },
): Promise<ApprovalRefusal> {
  const row = await database.statement(approval.tenant, (queries) =>
    queries
      .selectFrom('approvals')
      .selectAll()
      .where('tenant', '=', approval.tenant)
      .where('token_hash', '=', approval.tokenHash)
      .executeTakeFirst(),
  );
  if (row === undefined) return 'unknown';
  if (row.subject !== storable(approval.subject)) return 'other_subject';
  if (row.tool !== approval.tool) return 'other_tool';
  if (row.used_by !== null) return 'used';
  if (row.expires_at_ms <= approval.now) return 'expired';
  return 'other_payload';
}

/** Forgets the approvals of every tenant that expired before a moment, in batches, until none is left or it is stopped. */
export async function removeApprovalsBefore(database: Database, moment: Date, signal?: AbortSignal): Promise<void> {
  const tenants = await database.tenantsIn('approvals');
  await removeInBatches(tenants, (tenant) => removeBatch(database, tenant, moment.getTime()), signal);
}

async function removeBatch(database: Database, tenant: string, firstKept: number): Promise<number> {
  const removed = await database.statement(tenant, (queries) =>
    queries
      .deleteFrom('approvals')
      .where('tenant', '=', tenant)
      .where('token_hash', 'in', (choose) =>
        choose
          .selectFrom('approvals')
          .select('token_hash')
          .where('tenant', '=', tenant)
          .where('expires_at_ms', '<', firstKept)
          .limit(BATCH_ROWS),
      )
      .returning('token_hash')
      .execute(),
  );
  return removed.length;
}
