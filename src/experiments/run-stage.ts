// Executes one stage: derives a file here or runs a child, and keeps its record.
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { moveFile } from "../base/atomic-file.ts";
import { removeUnknownLock } from "../base/output-lock.ts";
import { livenessOf, ownerOf, type ProcessOwner } from "../base/process-owner.ts";
import { fingerprintFile } from "../data/fingerprint.ts";
import type { Extensions } from "../extensions/extension.ts";
import { MODEL_WEIGHTS } from "../training/model-folder.ts";
import type { Claim } from "../units/claims.ts";
import { hasWeights } from "./cells.ts";
import { logTail, runChild, waitForEnd } from "./child.ts";
import { derive } from "./derive.ts";
import type { StageFingerprint } from "./fingerprint.ts";
import type { TaskOutcome } from "./schedule.ts";
import type { Stage } from "./stage.ts";
import { claimStage } from "./stage-claim.ts";
import { STAGE_FILES } from "./stage-commands.ts";
import {
  readStageRecord,
  STAGE_RECORD,
  type StageFailure,
  type StageRecord,
  writeJsonFile,
  writeStageRecord,
} from "./stage-record.ts";

export interface StageRun {
  /** How to run relata: the node binary and the script. */
  readonly program: readonly string[];
  readonly signal: AbortSignal;
  readonly extensions: Extensions;
  readonly onLog: (text: string) => void;
  /** Whether a later stage reads the output of this one, which may have been removed; default: any does. */
  readonly isNeeded?: (() => Promise<boolean>) | undefined;
  /** Also takes over from a process of this machine that exists but stands still, and ends its child. */
  readonly fromStopped?: boolean | undefined;
  /** How long a process on another machine may be silent, in milliseconds; default 60,000. */
  readonly leaseMs?: number | undefined;
}

/** How a stage ended. */
export interface StageEnd {
  readonly outcome: TaskOutcome;
  /** Another process did it meanwhile. */
  readonly reused?: boolean;
  readonly seconds: number;
  readonly failure?: StageFailure;
}

const ORPHAN_PATIENCE_MS = 120_000; // a child whose parent has died stops after its training step

/**
 * Runs the stage, continuing an earlier attempt that was stopped. If another process does it, waits for that one. A failure is recorded and
 * returned, never thrown.
 */
export async function runStage(stage: Stage, print: StageFingerprint, run: StageRun): Promise<StageEnd> {
  const lost = new AbortController();
  const claimed = await claimStage(stage, {
    fingerprint: print.fingerprint,
    ...{ signal: run.signal, fromStopped: run.fromStopped, leaseMs: run.leaseMs },
    isUsable: async () => stage.kind !== "train" || hasWeights(stage) || (await run.isNeeded?.()) === false,
    onLost: () => lost.abort(),
  });
  if (claimed.state === "stopped") return { outcome: "stopped", seconds: 0 };
  if (claimed.state === "finished") return { outcome: "done", seconds: claimed.result.seconds, reused: true };
  const { claim } = claimed;
  const signal = AbortSignal.any([run.signal, lost.signal]);
  try {
    const end = await runClaimed(stage, print, { ...run, signal }, claim);
    await (end.outcome === "done" ? claim.finish() : claim.release());
    return end;
  } catch (error) {
    await claim.release();
    return { outcome: "failed", seconds: 0, failure: failureOf(error) };
  }
}

function failureOf(error: unknown): StageFailure {
  return { message: error instanceof Error ? error.message : String(error), log: "" };
}

/** @throws RelataError `units/claim-lost` when another process has taken over */
async function runClaimed(
  stage: Stage,
  { identity, fingerprint }: StageFingerprint,
  run: StageRun,
  claim: Claim,
): Promise<StageEnd> {
  const { id, kind, folder } = stage;
  const before = await readStageRecord(folder);
  const spent = before?.fingerprint === fingerprint ? before.seconds : 0;
  const record = (fields: Pick<StageRecord, "status" | "seconds"> & Partial<StageRecord>) => {
    claim.requireHeld();
    return writeStageRecord(folder, { id, kind, fingerprint, identity, ...fields });
  };
  const fail = async (failure: StageFailure, seconds: number): Promise<StageEnd> => {
    await record({ status: "failed", seconds, failure });
    return { outcome: "failed", seconds, failure };
  };
  const orphan = before?.status === "running" ? childOf(before) : undefined;
  if (orphan !== undefined) {
    const left = await leftBy(orphan, stage, run, claim);
    if (left === "stopped") return { outcome: "stopped", seconds: spent };
    if (left !== undefined) return fail(left, spent);
  }
  const start = performance.now();
  const elapsed = () => spent + (performance.now() - start) / 1000;
  await record({ status: "running", seconds: spent });
  let failure: StageFailure | undefined;
  try {
    failure = await work(stage, run, (pid) =>
      record({ status: "running", seconds: spent, owner: ownerOf(pid) }),
    );
  } catch (error) {
    failure = failureOf(error);
  }
  const seconds = elapsed();
  if (failure === undefined) {
    const weights = stage.kind === "train" ? await weightsDigest(folder) : undefined;
    await record({ status: "finished", seconds, ...(weights === undefined ? {} : { weights }) });
    return { outcome: "done", seconds };
  }
  if (!run.signal.aborted) return fail(failure, seconds);
  await record({ status: "running", seconds });
  return { outcome: "stopped", seconds };
}

/** Waits for the child of an earlier attempt. Undefined when it is gone; why the stage cannot be done if it is not. */
async function leftBy(
  orphan: ProcessOwner,
  { folder }: Stage,
  { signal, fromStopped = false }: StageRun,
  { isInherited }: Claim,
): Promise<StageFailure | "stopped" | undefined> {
  // Its parent stands still, so nothing else tells it to stop.
  if (fromStopped && livenessOf(orphan).state === "alive") process.kill(orphan.pid, "SIGINT");
  const liveness = await waitForEnd(orphan, ORPHAN_PATIENCE_MS, signal);
  if (signal.aborted) return "stopped";
  const name = `process ${orphan.pid} of an earlier attempt`;
  if (liveness.state === "alive") return { message: `${name} is still running`, log: "" };
  if (liveness.state !== "unknown") return undefined;
  if (!isInherited) {
    const remedy = `if it is no longer running, remove ${join(folder, STAGE_RECORD)}`;
    return {
      message: `whether ${name} is still running is unknown: ${liveness.because}; ${remedy}`,
      log: "",
    };
  }
  await removeLocks(join(folder, STAGE_FILES.run)); // its machine has not renewed the claim for a lease
  return undefined;
}

/** The locks of a run and of the runs in it, such as teachers. */
async function removeLocks(run: string): Promise<void> {
  if (!existsSync(run)) return;
  await removeUnknownLock(run);
  for (const entry of await readdir(run, { withFileTypes: true }))
    if (entry.isDirectory()) await removeUnknownLock(join(run, entry.name));
}

/** The SHA-256 of a training's best weights, recorded because they may be removed later. */
async function weightsDigest(folder: string): Promise<string | undefined> {
  const path = join(folder, STAGE_FILES.run, "model-best", MODEL_WEIGHTS);
  return existsSync(path) ? fingerprintFile(path) : undefined;
}

/** The child named in a record; earlier versions wrote only its process id. */
function childOf({ owner, pid }: StageRecord): ProcessOwner | undefined {
  return owner ?? (pid === undefined ? undefined : { ...ownerOf(), pid, started: "" });
}

/** Undefined on success. */
async function work(
  stage: Stage,
  { program, signal, extensions, onLog }: StageRun,
  onStart: (pid: number) => Promise<void>,
): Promise<StageFailure | undefined> {
  const { folder } = stage;
  if (stage.kind === "derive") {
    await derive(stage, extensions);
    return undefined;
  }
  const result = join(folder, STAGE_FILES.result);
  const partial = `${result}.partial`;
  const evaluates = stage.kind === "evaluate";
  if (evaluates) {
    // A process left behind by an earlier attempt may still have the old file open, so a new file replaces it.
    await rm(partial, { force: true });
  } else if (stage.config !== undefined) await writeJsonFile(join(folder, STAGE_FILES.config), stage.config);
  const end = await runChild({
    program,
    arguments: stage.arguments,
    folder,
    ...(evaluates ? { resultFile: partial } : {}),
    signal,
    onStart,
    onLog,
  });
  if (end.kind === "exit" && end.code === 0) {
    if (evaluates) await moveFile(partial, result);
    return undefined;
  }
  const { error, log } = await logTail(folder);
  switch (end.kind) {
    case "exit":
      return { message: error ?? `it ended with exit code ${end.code}`, log };
    case "signal":
      return {
        message: `it was ended by ${end.signal}${end.signal === "SIGKILL" ? " (out of memory?)" : ""}`,
        log,
      };
    case "not-started":
      return { message: `it could not be started: ${end.message}`, log };
    default:
      return end satisfies never;
  }
}
