import type { Node } from 'libpg-query';
import { beforeAll, expect, it } from 'vitest';
import { parseStatement } from '../../statements/parse.ts';
import { recordedPlan } from '../fixtures/recorded.ts';
import { buildTable } from '../fixtures/table-builder.ts';
import { loadParser } from '../statements/syntax.ts';
import { tablesInPlan, usageInPlan } from './plan-usage.ts';
import { tablesIn, usageOf } from './statement-usage.ts';

beforeAll(loadParser);

const orders = buildTable('orders', {
  id: 'bigint',
  customer_id: 'integer',
  status: 'character varying(20)',
  placed_at: 'timestamp with time zone',
  tags: 'text[]',
  Total: 'numeric',
});
const customers = buildTable('customers', { id: 'integer', email: 'text', country: 'text' });

async function nodeOf(sql: string): Promise<Node> {
  const { kind, node } = await parseStatement(sql);
  return { [kind]: node } as unknown as Node;
}

async function usage(sql: string) {
  const found = usageOf(await nodeOf(sql), ({ name }) => [orders, customers].find((one) => one.name === name) ?? null);
  return Object.fromEntries(
    found.map(({ table, order, group, ...sets }) => [
      table.name,
      {
        ...Object.fromEntries(
          (['equality', 'join', 'range', 'contains'] as const).flatMap((use) =>
            sets[use].size === 0 ? [] : [[use, [...sets[use]]]],
          ),
        ),
        ...(order.length === 0 ? {} : { order }),
        ...(group.length === 0 ? {} : { group }),
      },
    ]),
  );
}

it('tells comparisons, ranges, joins, order and grouping apart [postgres-advice.candidates]', async () => {
  expect(
    await usage(`select * from orders o join customers c on c.id = o.customer_id
      where o.status = 'open' and o.placed_at >= now() - interval '1 day' and c.country in ('de', 'fr')
      order by o.placed_at desc, o.id`),
  ).toEqual({
    orders: { equality: ['status'], join: ['customer_id'], range: ['placed_at'], order: ['placed_at DESC', 'id'] },
    customers: { equality: ['country'], join: ['id'] },
  });
  expect(await usage('select status, count(*) from orders group by status')).toEqual({ orders: { group: ['status'] } });
});

it('finds columns without an alias, in sub-queries, CTEs, unions and changes [postgres-advice.candidates]', async () => {
  expect(
    await usage(`with recent as (select customer_id from orders where placed_at > $1)
      select email from customers where id in (select customer_id from recent) and country = $2`),
  ).toEqual({ orders: { range: ['placed_at'] }, customers: { equality: ['country'], join: ['id'] } });
  expect(
    await usage(`select 1 from customers where exists (select 1 from orders where orders.customer_id = customers.id)
      union all select 1 from orders where status is null`),
  ).toEqual({ orders: { equality: ['status'], join: ['customer_id'] }, customers: { join: ['id'] } });
  expect(await usage('update orders set status = $1 where customer_id = $2')).toEqual({
    orders: { equality: ['customer_id'] },
  });
  expect(await usage('delete from orders using customers c where c.id = orders.customer_id and c.email = $1')).toEqual({
    orders: { join: ['customer_id'] },
    customers: { equality: ['email'], join: ['id'] },
  });
});

it('reads functions of one column, casts that change nothing, patterns and searches inside [postgres-advice.candidates]', async () => {
  expect(await usage(`select * from customers where lower(email) = 'x' and country like 'd%'`)).toEqual({
    customers: { equality: ['lower(email)'], range: ['country text_pattern_ops'] },
  });
  expect(await usage(`select * from orders where status::text = 'a' and tags @> array['x'] and "Total" = 5`)).toEqual({
    orders: { equality: ['status', '"Total"'], contains: ['tags'] },
  });
});

it('takes nothing from what no index serves', async () => {
  expect(
    await usage(`select * from orders where not status = 'open' and placed_at::date = '2026-01-01' and tags <> '{}'`),
  ).toEqual({});
  expect(await usage(`select * from customers where email like '%x' order by country, random()`)).toEqual({});
  expect(await usage('select * from orders, customers where id = 5')).toEqual({});
});

it('names the tables of a statement once, CTEs left out', async () => {
  expect(
    tablesIn(await nodeOf('with c as (select 1 from shop.orders) select * from c, orders o, orders p, public.c x')),
  ).toEqual([
    { schema: null, name: 'orders' },
    { schema: 'public', name: 'c' },
    { schema: 'shop', name: 'orders' },
  ]);
});

it('sees through views by the plan [postgres-advice.candidates]', () => {
  const { plan, tables } = recordedPlan('selective-seq-scan');
  expect(tablesInPlan(plan)).toEqual([{ schema: 'shop', name: 'orders' }]);
  const [usageOfOrders] = usageInPlan(plan, tables);
  expect([...(usageOfOrders?.equality ?? [])]).toEqual(['status', 'customer_id']);
});

it('reads the joins and sort keys of a plan [postgres-advice.candidates]', () => {
  const joined = recordedPlan('correlated-columns');
  const byTable = usageInPlan(joined.plan, joined.tables).map(({ table, join }) => [table.name, [...join]]);
  expect(byTable).toContainEqual(['orders', ['customer_id']]);
  const sorted = recordedPlan('disk-sort');
  expect(usageInPlan(sorted.plan, sorted.tables)[0]?.order).toEqual(['note']);
});
