// One process at a time does a stage: others wait until it is finished, or take over when that process is gone.
import { type ClaimedWork, type ClaimWorkOptions, claimWork } from "../units/claim-work.ts";
import { isClaimed } from "../units/claims.ts";
import type { Stage } from "./stage.ts";
import { readStageRecord, type StageRecord } from "./stage-record.ts";

const CLAIM = "claim";

interface StageClaimOptions extends Omit<ClaimWorkOptions, "lost"> {
  readonly fingerprint: string;
  /** Whether a finished record is enough; not if its output is needed and was removed. */
  readonly isUsable: () => Promise<boolean>;
}

/** Claims a stage as soon as no other process does it. */
export function claimStage(
  { folder }: Stage,
  { fingerprint, isUsable, ...options }: StageClaimOptions,
): Promise<ClaimedWork<StageRecord>> {
  const finished = async () => {
    const record = await readStageRecord(folder);
    const isDone = record?.status === "finished" && record.fingerprint === fingerprint;
    return isDone && (await isUsable()) ? record : undefined;
  };
  return claimWork({ folder, claim: CLAIM, result: finished }, options);
}

/** Whether a live process does a stage now. */
export function isStageClaimed({ folder }: Stage): Promise<boolean> {
  return isClaimed(folder, CLAIM);
}
