// Hands the cells of an experiment to workers through a queue, and writes results and report of those that are done.
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { lockFolder } from "../base/output-lock.ts";
import type { Broker } from "../units/queue/broker.ts";
import { submitUnits } from "../units/queue/submit-units.ts";
import { cellsOf, type ExperimentCell, isCellFinished } from "./cells.ts";
import { prepareExperiment } from "./prepare-experiment.ts";
import { EXPERIMENT_KIND, queuedExperiment, recordExperiment } from "./queued-cells.ts";
import {
  type CellFailure,
  type ExperimentRequest,
  type GatheredExperiment,
  writeGathered,
} from "./run-experiment.ts";

export interface SubmitCellsRequest extends ExperimentRequest {
  readonly broker: Broker;
  /** Cells in the queue at once; default 64. */
  readonly depth?: number | undefined;
  /** How often a cell may fail before it is given up; default 3. */
  readonly attempts?: number | undefined;
  /** Called with the number of finished cells of all. */
  readonly onProgress?: ((done: number, cells: number) => void) | undefined;
  /** Called for every cell that is given up. */
  readonly onCellFailure?: ((failure: CellFailure) => void) | undefined;
  /** Called when the server stops answering, and when cells are put into the queue again. */
  readonly onNote?: ((text: string) => void) | undefined;
}

/** What workers made of an experiment. */
export interface SubmittedExperiment extends GatheredExperiment {
  /** Cells that were finished meanwhile. */
  readonly done: number;
  /** Cells that were given up. */
  readonly failed: readonly CellFailure[];
  /** Cells that had to be put into the queue again because it had lost them. */
  readonly requeued: number;
}

/**
 * Has the cells that are not finished done by workers; nothing is trained in this process.
 *
 * @throws as `runExperiment`; the signal's reason
 */
export async function submitCells(request: SubmitCellsRequest): Promise<SubmittedExperiment> {
  const { broker, depth, attempts, signal, onProgress, onCellFailure, onNote } = request;
  const out = resolve(request.out);
  await mkdir(out, { recursive: true });
  await using _lock = await lockFolder(out);
  const prepared = await prepareExperiment({ ...request, out }, true);
  const cells = cellsOf(prepared.work);
  const isFinished = (cell: ExperimentCell) => isCellFinished(cell, prepared.fingerprints);
  const units: number[] = [];
  for (const [unit, cell] of cells.entries()) if (!(await isFinished(cell))) units.push(unit);
  let finished = cells.length - units.length;
  const named = (unit: number, code: string | undefined, message: string): CellFailure => ({
    cell: cells[unit]?.id ?? String(unit),
    message: `${code === undefined ? "" : `[${code}] `}${message}`,
  });
  onProgress?.(finished, cells.length);
  const job = await recordExperiment(out, prepared, request.keep);
  const { published, failures, requeued } = await submitUnits({
    ...{ broker, kind: EXPERIMENT_KIND, job: job.id, units, depth, attempts, signal, onNote },
    request: queuedExperiment(request.out),
    isPublished: async (unit) => {
      const cell = cells[unit];
      return cell !== undefined && (await isFinished(cell));
    },
    onDone: () => onProgress?.(++finished, cells.length),
    onFailure: ({ unit, code, message }) => onCellFailure?.(named(unit, code, message)),
  });
  const failed = failures.map(({ unit, code, message }) => named(unit, code, message));
  return { ...(await writeGathered(request, prepared, out)), done: published, failed, requeued };
}
