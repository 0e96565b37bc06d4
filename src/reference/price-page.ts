import { code, page, table } from './markdown.ts';

/** A price table as the reference shows it. */
export interface PriceDefinition {
  readonly id: string;
  readonly title: string;
  readonly currency: string;
  /** YYYY-MM-DD. */
  readonly asOf: string;
  readonly source: string;
  readonly prices: ReadonlyArray<
    | { readonly by: 'resources'; readonly perCoreHour: number; readonly perGibHour: number }
    | { readonly by: 'unit'; readonly cores: number; readonly memoryGib: number; readonly perUnitHour: number }
  >;
  readonly leavesOut: string;
}

/** The page of the price tables: what a core-hour, a GiB-hour or a machine costs, of which day, and from where. */
export function renderPrices(tables: readonly PriceDefinition[]): string {
  return page(
    '# Prices',
    'List prices on demand, in us-east-1, each of a day: what you pay differs. Name a table at `insight.prices` of the configuration, or give `core_hour`, `gib_hour`, `currency` and `as_of` of your own there. `simulate_changes` takes any of them as `prices`.',
    'Executors and the driver are billed from when they registered until they left. Where whole machines are billed, an executor takes the larger of its shares of cores and memory.',
    table(
      ['Id', 'What', 'By the hour', 'As of', 'Leaves out'],
      tables.map((one) => [
        code(one.id),
        `[${one.title}](${one.source})`,
        one.prices.map((price) => priceText(price, one.currency)).join('; '),
        one.asOf,
        one.leavesOut,
      ]),
    ),
  );
}

function priceText(price: PriceDefinition['prices'][number], currency: string): string {
  if (price.by === 'resources') return `${price.perCoreHour} a core, ${price.perGibHour} a GiB (${currency})`;
  return `${Number(price.perUnitHour.toFixed(4))} ${currency} for ${price.cores} cores and ${price.memoryGib} GiB`;
}
