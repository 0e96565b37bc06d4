import type { OwnPrices } from '../../kernel/config.ts';
import { HeadgateError } from '../../kernel/errors.ts';

/**
 * What machines cost by the hour. `resources` bills cores and memory apart; `unit` bills whole shapes (an instance, a DPU), of
 * which an executor takes the larger of its shares of cores and memory.
 */
export type HourPrice =
  | { readonly by: 'resources'; readonly perCoreHour: number; readonly perGibHour: number }
  | { readonly by: 'unit'; readonly cores: number; readonly memoryGib: number; readonly perUnitHour: number };

/** One way to pay for a run. Several prices add up: a machine and what the platform takes on top of it. */
export interface PriceTable {
  /** `<platform>/<region or shape>`, as the configuration and tools name it. */
  readonly id: string;
  readonly title: string;
  /** ISO 4217. */
  readonly currency: string;
  /** Day as of which the list price is quoted, YYYY-MM-DD. */
  readonly asOf: string;
  /** Page that publishes the price. */
  readonly source: string;
  readonly prices: readonly HourPrice[];
  /** What it leaves out. */
  readonly leavesOut: string;
}

const EMR = 'https://aws.amazon.com/emr/pricing/';
const EC2 = 'https://aws.amazon.com/ec2/pricing/on-demand/';
const GLUE = 'https://aws.amazon.com/glue/pricing/';
const DATABRICKS = 'https://www.databricks.com/product/pricing';

const STORAGE = 'storage, traffic, discounts, and the time before the executors registered';

/** An on-demand EC2 instance of us-east-1, the shape that an executor takes a share of. */
const M5_XLARGE = { by: 'unit', cores: 4, memoryGib: 16, perUnitHour: 0.192 } as const;

/** List prices, on demand, in US dollars, us-east-1. A configuration replaces them with what is really paid. */
export const PRICE_TABLES: readonly PriceTable[] = [
  {
    id: 'aws-emr-serverless/x86',
    title: 'EMR Serverless, x86',
    currency: 'USD',
    asOf: '2026-04-30',
    source: EMR,
    prices: [{ by: 'resources', perCoreHour: 0.052624, perGibHour: 0.0057785 }],
    leavesOut: 'storage above 20 GB a worker, the minimum of one minute, pre-initialised workers',
  },
  {
    id: 'aws-emr-serverless/arm64',
    title: 'EMR Serverless, Graviton',
    currency: 'USD',
    asOf: '2026-04-30',
    source: EMR,
    prices: [{ by: 'resources', perCoreHour: 0.042094, perGibHour: 0.004628 }],
    leavesOut: 'storage above 20 GB a worker, the minimum of one minute, pre-initialised workers',
  },
  {
    id: 'aws-ec2/m5.xlarge',
    title: 'EC2 m5.xlarge, on demand',
    currency: 'USD',
    asOf: '2026-04-30',
    source: EC2,
    prices: [M5_XLARGE],
    leavesOut: STORAGE,
  },
  {
    id: 'aws-emr-ec2/m5.xlarge',
    title: 'EMR on EC2 m5.xlarge, on demand',
    currency: 'USD',
    asOf: '2026-04-30',
    source: EMR,
    prices: [M5_XLARGE, { by: 'unit', cores: 4, memoryGib: 16, perUnitHour: 0.048 }],
    leavesOut: `${STORAGE}, the primary node`,
  },
  {
    id: 'aws-emr-eks/m5.xlarge',
    title: 'EMR on EKS on EC2 m5.xlarge, on demand',
    currency: 'USD',
    asOf: '2026-04-30',
    source: EMR,
    prices: [M5_XLARGE, { by: 'resources', perCoreHour: 0.01012, perGibHour: 0.00111125 }],
    leavesOut: `${STORAGE}, the EKS cluster itself`,
  },
  {
    id: 'aws-glue/standard',
    title: 'Glue ETL, standard',
    currency: 'USD',
    asOf: '2026-05-31',
    source: GLUE,
    prices: [{ by: 'unit', cores: 4, memoryGib: 16, perUnitHour: 0.44 }],
    leavesOut: 'the minimum of one minute, crawlers and the catalog',
  },
  {
    id: 'aws-glue/flex',
    title: 'Glue ETL, flexible execution',
    currency: 'USD',
    asOf: '2026-05-31',
    source: GLUE,
    prices: [{ by: 'unit', cores: 4, memoryGib: 16, perUnitHour: 0.29 }],
    leavesOut: 'the minimum of one minute, crawlers and the catalog',
  },
  {
    // 0.69 DBU an hour for an m5.xlarge at 0.15 USD a DBU.
    id: 'databricks-jobs/m5.xlarge',
    title: 'Databricks Jobs Compute (Premium) on AWS m5.xlarge, on demand',
    currency: 'USD',
    asOf: '2026-04-30',
    source: DATABRICKS,
    prices: [M5_XLARGE, { by: 'unit', cores: 4, memoryGib: 16, perUnitHour: 0.69 * 0.15 }],
    leavesOut: `${STORAGE}, Photon`,
  },
  {
    // 0.69 DBU an hour for an m5.xlarge at 0.55 USD a DBU.
    id: 'databricks-all-purpose/m5.xlarge',
    title: 'Databricks All-Purpose Compute (Premium) on AWS m5.xlarge, on demand',
    currency: 'USD',
    asOf: '2026-04-30',
    source: DATABRICKS,
    prices: [M5_XLARGE, { by: 'unit', cores: 4, memoryGib: 16, perUnitHour: 0.69 * 0.55 }],
    leavesOut: `${STORAGE}, Photon`,
  },
];

/** The price table of an id; null when there is none. */
export function findPrices(id: string): PriceTable | null {
  return PRICE_TABLES.find((table) => table.id === id) ?? null;
}

/** What somebody pays for machines of their own, as a price table. Prices in `currency` by the hour. */
export function ownPrices(own: OwnPrices): PriceTable {
  return {
    id: 'own',
    title: 'own hardware, as configured',
    currency: own.currency,
    asOf: own.asOf,
    source: 'configuration: insight.prices',
    prices: [{ by: 'resources', perCoreHour: own.perCoreHour, perGibHour: own.perGibHour }],
    leavesOut: 'what the configured prices leave out',
  };
}

/**
 * The price table that a configuration names, or describes; null where it says nothing.
 * Errors: `invalid_argument` with the ids that there are.
 */
export function configuredPrices(configured: string | OwnPrices | null): PriceTable | null {
  if (configured === null) return null;
  if (typeof configured !== 'string') return ownPrices(configured);
  const table = findPrices(configured);
  if (table !== null) return table;
  throw new HeadgateError('invalid_argument', `insight.prices: there is no price table ${configured}.`, {
    hint: `There are ${PRICE_TABLES.map(({ id }) => id).join(', ')}; or give core_hour, gib_hour, currency and as_of.`,
  });
}
