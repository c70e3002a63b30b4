// One process at a time does a stage: others wait until it is finished, or take over when that process is gone.
import { setTimeout as sleep } from "node:timers/promises";
import { type Claim, isClaimed, takeClaim } from "../units/claims.ts";
import type { Stage } from "./stage.ts";
import { readStageRecord, type StageRecord } from "./stage-record.ts";

const CLAIM = "claim";
const POLL_MS = 500;

interface StageClaimOptions {
  readonly fingerprint: string;
  readonly signal: AbortSignal;
  /** Also takes over from a process of this machine that exists but stands still. */
  readonly fromStopped?: boolean | undefined;
  /** How long an owner on another machine may leave its claim without renewal, in milliseconds; default 60,000. */
  readonly leaseMs?: number | undefined;
  /** Whether a finished record is enough; not if its output is needed and was removed. */
  readonly isUsable: () => Promise<boolean>;
  /** Called when another process has taken over. */
  readonly onLost: () => void;
}

/** The claim; or that the stage is finished, or that the signal was aborted before either. */
type ClaimedStage =
  | { readonly state: "claimed"; readonly claim: Claim }
  | { readonly state: "finished"; readonly record: StageRecord }
  | { readonly state: "stopped" };

/** Claims a stage as soon as no other process does it. */
export async function claimStage(
  { folder }: Stage,
  { fingerprint, signal, isUsable, ...options }: StageClaimOptions,
): Promise<ClaimedStage> {
  const finished = async () => {
    const record = await readStageRecord(folder);
    const isDone = record?.status === "finished" && record.fingerprint === fingerprint;
    return isDone && (await isUsable()) ? record : undefined;
  };
  for (;;) {
    if (signal.aborted) return { state: "stopped" };
    const before = await finished();
    if (before !== undefined) return { state: "finished", record: before };
    const claim = await takeClaim(folder, CLAIM, options);
    if (claim === undefined) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined); // looked at above
      continue;
    }
    const meanwhile = await finished();
    if (meanwhile === undefined) return { state: "claimed", claim };
    await claim.finish();
    return { state: "finished", record: meanwhile };
  }
}

/** Whether a live process does a stage now. */
export function isStageClaimed({ folder }: Stage): Promise<boolean> {
  return isClaimed(folder, CLAIM);
}
