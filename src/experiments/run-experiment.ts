// Runs an experiment: does what is left to do of its stages, or one shard of its cells, and collects the results.
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { lockFolder } from "../base/output-lock.ts";
import { type ShardChoice, unitsOfShard } from "../units/shard.ts";
import { cellsOf, type ExperimentCell, endOf, isCellFinished } from "./cells.ts";
import { Execution, type ExecutionRequest } from "./execution.ts";
import { type PreparedExperiment, type PrepareRequest, prepareExperiment } from "./prepare-experiment.ts";
import { writeExperimentReport } from "./report.ts";
import { type ExperimentResults, type GatherOptions, gatherResults } from "./results.ts";
import { writeJsonFile } from "./stage-record.ts";

export interface ExperimentRequest extends ExecutionRequest, PrepareRequest {
  readonly gather?: GatherOptions | undefined;
}

/** The results, where they are written, and whether all stages are done. */
export interface ExperimentOutcome {
  readonly status: "finished" | "failed" | "interrupted";
  readonly out: string;
  readonly resultsFile: string;
  /** The page with the results. */
  readonly report: string;
  readonly results: ExperimentResults;
}

/** What a process did of its shard. */
export interface ShardOutcome {
  readonly out: string;
  readonly shard: ShardChoice;
  /** Folders of cells: trained and scored now, or meanwhile by another process; finished before; without a result. */
  readonly done: readonly string[];
  readonly before: readonly string[];
  readonly failed: readonly CellFailure[];
  /** Not finished, because the process was told to end. */
  readonly stopped: readonly string[];
}

/** Why a cell has no result. */
export interface CellFailure {
  readonly cell: string;
  readonly message: string;
}

/** Results of the cells that are finished. */
export interface GatheredExperiment extends Omit<ExperimentOutcome, "status"> {
  /** Folders of the cells that are not finished. */
  readonly missing: readonly string[];
  readonly cells: number;
}

const RESULTS_FILE = "results.json";

/**
 * Runs the preset's variants with every seed. Cells that shards or workers do meanwhile are waited for.
 *
 * @throws ConfigError `experiment/other-experiment`, `experiment/changed`, `experiment/unknown-variant`, the codes of the preset and of
 * `stagesOf`; DataError `data/folder-locked` while another process runs it
 */
export async function runExperiment(request: ExperimentRequest): Promise<ExperimentOutcome> {
  const out = await folderOf(request);
  await using _lock = await lockFolder(out);
  const prepared = await prepareExperiment({ ...request, out }, false);
  const { ends } = await execute(request, prepared, prepared.work);
  const written = await writeResults(request, prepared, out);
  const all = [...ends.values()];
  const status = all.every((end) => end === "done")
    ? "finished"
    : request.signal.aborted
      ? "interrupted"
      : "failed";
  return { status, ...written };
}

/**
 * Does the cells of one shard, as many at a time as `jobs` says, and no report. Shards, workers and a whole run may work on one folder at the
 * same time: no stage is done twice.
 *
 * @throws as `runExperiment`, without `data/folder-locked`
 */
export async function runShard(request: ExperimentRequest, shard: ShardChoice): Promise<ShardOutcome> {
  const out = await folderOf(request);
  const prepared = await prepareExperiment({ ...request, out }, true);
  const cells = cellsOf(prepared.work);
  const own = [...unitsOfShard(shard, cells.length)].map((unit) => cells[unit] as ExperimentCell);
  const finished = new Set<ExperimentCell>();
  for (const cell of own) if (await isCellFinished(cell, prepared.fingerprints)) finished.add(cell);
  const left = own.filter((cell) => !finished.has(cell));
  const wanted = new Set(left.flatMap(({ stages }) => stages));
  const { ends, failures } = await execute(
    request,
    prepared,
    prepared.work.filter((stage) => wanted.has(stage)),
  );
  const endedAs = (...ways: readonly string[]) => left.filter((cell) => ways.includes(endOf(cell, ends)));
  const ids = (some: readonly ExperimentCell[]) => some.map(({ id }) => id);
  return {
    ...{ out, shard },
    done: ids(endedAs("done")),
    before: ids([...finished]),
    failed: endedAs("failed", "blocked").map((cell) => ({
      cell: cell.id,
      message: failureOf(cell, failures),
    })),
    stopped: ids(endedAs("stopped")),
  };
}

/**
 * Writes results and report of the cells that are finished, and trains nothing.
 *
 * @throws as `runExperiment`
 */
export async function gatherExperiment(request: ExperimentRequest): Promise<GatheredExperiment> {
  const out = await folderOf(request);
  await using _lock = await lockFolder(out);
  const prepared = await prepareExperiment({ ...request, out }, true);
  return writeGathered(request, prepared, out);
}

/** Writes the results of the finished cells, and names the others. */
export async function writeGathered(
  request: ExperimentRequest,
  prepared: PreparedExperiment,
  out: string,
): Promise<GatheredExperiment> {
  const cells = cellsOf(prepared.work);
  const missing: string[] = [];
  for (const cell of cells) if (!(await isCellFinished(cell, prepared.fingerprints))) missing.push(cell.id);
  return { ...(await writeResults(request, prepared, out)), missing, cells: cells.length };
}

/** Why a cell failed: what its first failed stage says. */
export function failureOf(
  { stages }: ExperimentCell,
  failures: ReadonlyMap<string, { readonly message: string }>,
): string {
  const failed = stages.find(({ id }) => failures.has(id));
  return failed === undefined
    ? "a stage that it needs failed"
    : `${failed.id}: ${failures.get(failed.id)?.message}`;
}

async function folderOf(request: ExperimentRequest): Promise<string> {
  const out = resolve(request.out);
  await mkdir(out, { recursive: true });
  return out;
}

/** Does some of the prepared stages. */
async function execute(
  request: ExperimentRequest,
  prepared: PreparedExperiment,
  work: PreparedExperiment["work"],
) {
  const { plan, seeds, jobs, threads, fingerprints, done, extensions } = prepared;
  const ids = new Set(work.map(({ id }) => id));
  request.onEvent?.({
    kind: "plan",
    ...{ plan, seeds, jobs, threads },
    metric: request.base.training.metric,
    stages: work,
    evaluations: prepared.asked.filter(({ evaluate }) => ids.has(evaluate)),
  });
  const execution = new Execution({ ...request, extensions }, work, fingerprints, done);
  return { ends: await execution.run(jobs), failures: execution.failures };
}

/** Collects the results and writes the report. */
async function writeResults(
  { signal, gather }: ExperimentRequest,
  { extensions }: PreparedExperiment,
  out: string,
) {
  // When the user stops an experiment, it does not compute significance tests first.
  const results = await gatherResults(out, {
    extensions,
    ...(signal.aborted ? { samples: 0 } : gather),
  });
  const resultsFile = join(out, RESULTS_FILE);
  await writeJsonFile(resultsFile, results);
  const report = await writeExperimentReport(out, results, { extensions });
  return { out, resultsFile, report, results };
}
