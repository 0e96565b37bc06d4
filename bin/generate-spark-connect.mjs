import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { open } from 'yauzl';
import { run } from './child.mjs';
import { findNode, installation, missingNodeMessage } from './pinned-node.mjs';

const GENERATED = join(installation, 'src', 'spark-connect', 'generated');
/** The protocol, and what its errors carry. */
const WANTED = /^(?:spark\/connect\/(?!example)\w+|google\/rpc\/(?:status|error_details))\.proto$/;
/** What the client speaks. Machine learning, pipelines and the parts of the protocol that stand for DataFrame calls stay out. */
const TYPES = [
  'spark.connect.SparkConnectService',
  'google.rpc.Status',
  'google.rpc.ErrorInfo',
  'google.rpc.RetryInfo',
];
const LEFT_OUT = `
  MlCommand MlCommandResult MlRelation PipelineCommand PipelineCommandResult PipelineEventResult PipelineQueryFunctionExecutionSignal
  Catalog WriteStreamOperationStart WriteStreamOperationStartResult StreamingQueryCommand StreamingQueryCommandResult
  StreamingQueryManagerCommand StreamingQueryManagerCommandResult StreamingQueryListenerBusCommand StreamingQueryListenerEventsResult
  GetResourcesCommand GetResourcesCommandResult CreateResourceProfileCommand CreateResourceProfileCommandResult
  CommonInlineUserDefinedFunction CommonInlineUserDefinedTableFunction CommonInlineUserDefinedDataSource
  CheckpointCommand CheckpointCommandResult MergeIntoTableCommand ExecuteExternalCommand StorageLevel
  GroupMap CoGroupMap ApplyInPandasWithState MapPartitions StatSummary StatDescribe StatCrosstab StatCov StatCorr StatApproxQuantile
  StatFreqItems StatSampleBy NAFill NADrop NAReplace CollectMetrics Parse AsOfJoin LateralJoin Transpose UnresolvedTableValuedFunction
  Unpivot WithWatermark ToSchema RepartitionByExpression Hint HtmlString ShowString WithColumns WithColumnsRenamed Tail Drop
`
  .trim()
  .split(/\s+/);

/**
 * Writes the messages of Spark Connect as TypeScript from the `.proto` files in Spark's own jar:
 * `node bin/generate-spark-connect.mjs PATH/TO/spark-connect_2.13-4.3.0.jar`.
 */
async function generate(jar) {
  const node = findNode();
  if (node === null) throw new Error(missingNodeMessage());
  const work = mkdtempSync(join(tmpdir(), 'headgate-spark-connect-'));
  try {
    await extractProtos(jar, join(work, 'protos'));
    const template = {
      version: 'v2',
      inputs: [
        {
          directory: join(work, 'protos'),
          types: TYPES,
          exclude_types: LEFT_OUT.map((name) => `spark.connect.${name}`),
        },
      ],
      plugins: [
        {
          local: [node, join(installation, 'node_modules', '@bufbuild', 'protoc-gen-es', 'bin', 'protoc-gen-es')],
          out: GENERATED,
          opt: ['target=ts', 'import_extension=ts', 'erasable_syntax=true'],
        },
      ],
    };
    rmSync(GENERATED, { recursive: true, force: true });
    const buf = join(installation, 'node_modules', '@bufbuild', 'buf', 'bin', 'buf');
    const code = await run(node, [buf, 'generate', '--template', JSON.stringify(template)], { cwd: work });
    if (code !== 0) throw new Error(`buf ended with code ${code}`);
    const biome = join(installation, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
    await run(node, [biome, 'check', '--write', '--log-level=error', GENERATED], { cwd: installation });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function extractProtos(jar, folder) {
  const archive = await promisify(open)(jar, { lazyEntries: true });
  const readStream = promisify(archive.openReadStream.bind(archive));
  let found = 0;
  for await (const entry of archive.eachEntry()) {
    if (!WANTED.test(entry.fileName)) continue;
    const path = join(folder, entry.fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await buffer(await readStream(entry)));
    found += 1;
  }
  if (found === 0) throw new Error(`${jar} has no .proto files of Spark Connect`);
}

try {
  const jar = process.argv[2];
  if (jar === undefined) throw new Error('usage: node bin/generate-spark-connect.mjs PATH/TO/spark-connect.jar');
  await generate(jar);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
