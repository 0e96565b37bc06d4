import type { Application } from '../../eventlog/index.ts';
import type { Finding } from '../../kernel/finding.ts';
import { describeRun } from '../facts/run.ts';
import { type CostBasis, costBasis, moneyForCoreHours, type RunCost, runCost } from './cost.ts';
import type { PriceTable } from './prices.ts';

/** Digits of an amount that can be believed. */
const AMOUNT_DIGITS = 3;

/** An application never changes, and describing one reads every task. */
const bases = new WeakMap<Application, CostBasis>();

function basisOf(application: Application): CostBasis {
  const known = bases.get(application);
  if (known !== undefined) return known;
  const basis = costBasis(describeRun(application));
  bases.set(application, basis);
  return basis;
}

/** What a run cost, and its findings with the money that their core-hours come to. Without prices the findings are as they were. */
export function priceFindings(
  application: Application,
  findings: readonly Finding[],
  prices: PriceTable | null,
): { readonly cost: RunCost; readonly findings: readonly Finding[] } {
  const cost = runCost(basisOf(application), prices);
  return { cost, findings: findings.map((finding) => withMoney(finding, cost)) };
}

function withMoney(finding: Finding, cost: RunCost): Finding {
  const hours = finding.impact.core_hours;
  const money = hours === undefined ? null : moneyForCoreHours(cost, hours);
  if (money === null) return finding;
  const amount = Number(money.amount.toPrecision(AMOUNT_DIGITS));
  return { ...finding, impact: { ...finding.impact, money: { ...money, amount } } };
}
