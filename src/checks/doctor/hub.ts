// Checks the cache of downloaded models, the folder of runs, and the hub. Nothing stays behind, and no model is downloaded.
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { getHFHubCachePath } from "@huggingface/hub";
import { RelataError } from "../../base/errors.ts";
import { proxyHint, proxyNamed } from "../../base/proxy.ts";
import { DEFAULT_HUB, HubTransport } from "../../encoders/hub-transport.ts";
import { type Finding, note, ok, problem, problemOf } from "./finding.ts";

/** Folder of downloaded models. */
export function cacheFolder(): string {
  return getHFHubCachePath();
}

/** The folder itself or, if it does not exist yet, the one in which it would be made. */
export function existingFolder(folder: string): string {
  const path = resolve(folder);
  const above = dirname(path);
  return existsSync(path) || above === path ? path : existingFolder(above);
}

/** Writes a file in a folder, or in the one in which it would be made, and removes it. */
export async function checkWritable(check: string, folder: string, remedy: string): Promise<Finding> {
  const place = existingFolder(folder);
  let made: string | undefined;
  try {
    made = await mkdtemp(join(place, ".relata-doctor-"));
    await writeFile(join(made, "file"), "1");
    return ok(check, `${resolve(folder)} ${place === resolve(folder) ? "can be written" : "can be made"}`);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "") throw error;
    return problem(check, `${resolve(folder)} cannot be written (${code}: ${place})`, remedy);
  } finally {
    if (made !== undefined) await rm(made, { recursive: true, force: true });
  }
}

/** Long enough for a slow network, short enough to wait for. */
const HUB_MS = 5_000;

/**
 * Asks the hub for the list of models. A machine without a network still works, with models from folders or from the cache, so that is a note;
 * an address, a proxy or a token that cannot be used is a problem.
 */
export async function checkHub(signal?: AbortSignal, waitMs = HUB_MS): Promise<Finding> {
  const address = process.env.HF_ENDPOINT || DEFAULT_HUB;
  let hub: HubTransport | undefined;
  try {
    hub = new HubTransport(address, signal);
    const through = proxyNamed(hub.address);
    const answer = await hub.get(`${hub.address}/api/models?limit=1`, {}, AbortSignal.timeout(waitMs));
    await answer.body?.cancel();
    if (answer.ok) return ok("hub", `${hub.address} answers${through === undefined ? "" : `; ${through}`}`);
    return note(
      "hub",
      `${hub.address} answers with ${answer.status} ${answer.statusText}`.trim(),
      offline(hub),
    );
  } catch (error) {
    if (signal?.aborted) throw error;
    if (hub === undefined || error instanceof RelataError)
      return problemOf("hub", error, "Correct the environment's variables.");
    return note(
      "hub",
      `${hub.address} cannot be reached: ${hub.redact(reasonOf(error, waitMs))}`,
      offline(hub),
    );
  } finally {
    await hub?.dispose();
  }
}

function offline({ address }: HubTransport): string {
  return `Models from folders and from the cache work without it. ${proxyHint(address)}`;
}

function reasonOf(error: unknown, waitMs: number): string {
  const { name, message, cause } = error as Error & { readonly cause?: NodeJS.ErrnoException };
  if (name === "TimeoutError") return `no answer within ${waitMs / 1000} seconds`;
  return cause?.code ?? cause?.message ?? message;
}
