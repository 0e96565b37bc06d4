import type { Application } from '../../eventlog/index.ts';
import type { Finding } from '../../kernel/finding.ts';
import { describeRun } from '../facts/run.ts';
import { moneyForCoreHours, type RunCost, runCost } from './cost.ts';
import type { PriceTable } from './prices.ts';

/** Digits of an amount that can be believed. */
const AMOUNT_DIGITS = 3;

/** What a run cost, and its findings with the money that their core-hours come to. Without prices the findings are as they were. */
export function priceFindings(
  application: Application,
  findings: readonly Finding[],
  prices: PriceTable | null,
): { readonly cost: RunCost; readonly findings: readonly Finding[] } {
  const cost = runCost(describeRun(application), prices);
  return { cost, findings: findings.map((finding) => withMoney(finding, cost)) };
}

function withMoney(finding: Finding, cost: RunCost): Finding {
  const hours = finding.impact.core_hours;
  const money = hours === undefined ? null : moneyForCoreHours(cost, hours);
  if (money === null) return finding;
  const amount = Number(money.amount.toPrecision(AMOUNT_DIGITS));
  return { ...finding, impact: { ...finding.impact, money: { ...money, amount } } };
}
