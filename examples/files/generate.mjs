// Writes the sample files of this folder: the orders of a small shop in 2026. The same rows every time.
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';

const folder = fileURLToPath(new URL('.', import.meta.url));
const connection = await (await DuckDBInstance.create(':memory:')).connect();

// `pick(list, n)` and `draw(n, k)` stand for chance: hash is the same everywhere.
await connection.run('CREATE MACRO draw(n, k) AS CAST(hash(n * 7919 + k) % 10000 AS INTEGER) / 10000.0');
await connection.run('CREATE MACRO pick(list, n, k) AS list[1 + CAST(floor(draw(n, k) * len(list)) AS INTEGER)]');

await connection.run(`
  CREATE TABLE customers AS
  SELECT i AS customer_id,
         pick(['Ada', 'Bruno', 'Chiara', 'Dmitri', 'Elif', 'Farid', 'Greta', 'Hana', 'Ines', 'Jonas', 'Kofi', 'Lin'], i, 1)
           || ' ' || pick(['Novak', 'Silva', 'Weber', 'Okafor', 'Rossi', 'Tanaka', 'Dubois', 'Larsen', 'Haddad', 'Kumar'], i, 2) AS name,
         pick(['DE', 'FR', 'IT', 'PT', 'NO', 'JP', 'IN', 'NG'], i, 3) AS country,
         pick(['consumer', 'consumer', 'consumer', 'business', 'public'], i, 4) AS segment,
         DATE '2024-01-01' + CAST(floor(draw(i, 5) * 700) AS INTEGER) AS signed_up
    FROM range(1, 121) t(i)`);

await connection.run(`
  CREATE TABLE orders AS
  SELECT 1000 + i AS order_id,
         1 + CAST(floor(power(draw(i, 1), 2) * 120) AS INTEGER) AS customer_id,
         TIMESTAMP '2026-01-01 07:00:00' + to_minutes(CAST(i * 640 + floor(draw(i, 2) * 600) AS BIGINT)) AS ordered_at,
         pick(['coffee', 'tea', 'grinder', 'kettle', 'filter', 'mug'], i, 3) AS product,
         1 + CAST(floor(draw(i, 4) * 5) AS INTEGER) AS quantity,
         CAST(pick([8.90, 6.50, 129.00, 59.00, 4.20, 12.00], i, 3) AS DECIMAL(10, 2)) AS unit_price,
         pick(['paid', 'paid', 'paid', 'shipped', 'shipped', 'returned', 'cancelled'], i, 5) AS status,
         CASE WHEN draw(i, 6) < 0.2 THEN pick(['WELCOME10', 'SPRING'], i, 7) END AS coupon
    FROM range(1, 401) t(i)`);

await connection.run(`
  CREATE TABLE page_views AS
  SELECT 1 + CAST(floor(draw(i, 11) * 120) AS INTEGER) AS customer_id,
         TIMESTAMPTZ '2026-03-01 00:00:00+00' + to_seconds(i * 1730.0) AS viewed_at,
         {'path': '/' || pick(['coffee', 'tea', 'grinder', 'kettle', 'filter', 'mug'], i, 12),
          'seconds': 1 + CAST(floor(draw(i, 13) * 240) AS INTEGER)} AS page,
         list_filter(['mobile', 'search', 'newsletter'], x -> draw(i, ascii(x)) < 0.4) AS tags
    FROM range(1, 301) t(i)`);

await connection.run("SET TimeZone = 'UTC'");
await connection.run(`COPY (FROM orders ORDER BY order_id) TO '${folder}orders.csv' (HEADER)`);
await connection.run(`COPY (FROM customers ORDER BY customer_id) TO '${folder}customers.parquet' (COMPRESSION zstd)`);
await connection.run(`COPY (FROM page_views ORDER BY viewed_at) TO '${folder}page_views.ndjson' (FORMAT json)`);
