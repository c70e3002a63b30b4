// One process at a time does a piece of work whose result all of them use: the others wait until the result is there, or take over when that
// process is gone.
import { setTimeout as sleep } from "node:timers/promises";
import { type Claim, type ClaimOptions, takeClaim } from "./claims.ts";

const POLL_MS = 500;

/** Work with one result, in a folder that all processes share. */
export interface SharedWork<Result> {
  readonly folder: string;
  /** Name of the claim in the folder. */
  readonly claim: string;
  /** The result, once there is one. */
  readonly result: () => Promise<Result | undefined>;
}

export interface ClaimWorkOptions extends ClaimOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** The claim; or that the result is there, or that the signal was aborted before either. */
export type ClaimedWork<Result> =
  | { readonly state: "claimed"; readonly claim: Claim }
  | { readonly state: "finished"; readonly result: Result }
  | { readonly state: "stopped" };

/** Claims work as soon as no other process does it. */
export async function claimWork<Result>(
  { folder, claim: name, result }: SharedWork<Result>,
  { signal, ...options }: ClaimWorkOptions = {},
): Promise<ClaimedWork<Result>> {
  for (;;) {
    if (signal?.aborted) return { state: "stopped" };
    const before = await result();
    if (before !== undefined) return { state: "finished", result: before };
    const claim = await takeClaim(folder, name, options);
    if (claim === undefined) {
      await sleep(POLL_MS, undefined, signal ? { signal } : {}).catch(() => undefined); // looked at above
      continue;
    }
    const meanwhile = await result();
    if (meanwhile === undefined) return { state: "claimed", claim };
    await claim.finish();
    return { state: "finished", result: meanwhile };
  }
}
