// Asks a hub for the commit of a revision and for its files, and checks what it says before anything is written.

import { listFiles, modelInfo } from "@huggingface/hub";
import { z } from "zod";
import { DataError } from "../base/errors.ts";
import { isInside } from "../base/manifest.ts";
import { checkShape } from "../base/schema-issues.ts";
import type { ListedFile } from "../encoders/hub-file.ts";
import type { HubTransport } from "../encoders/hub-transport.ts";
import type { Repository } from "./repository.ts";

const COMMIT = /^[0-9a-f]{40}$/;
/** A bundle has a few dozen files. */
const MAX_FILES = 2_000;

const entrySchema = z.object({
  type: z.string(),
  path: z.string().min(1).max(1000),
  size: z.int().nonnegative(),
  oid: z.string().regex(COMMIT),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/) }).nullish(),
});

/** The files of a revision. */
export interface Listing {
  readonly commit: string;
  readonly files: ReadonlyMap<string, ListedFile>;
}

/**
 * Lists a revision.
 *
 * @throws DataError `hub/bad-listing`, `hub/failed`; HubStatus and network errors
 */
export async function listRepository(hub: HubTransport, { id, revision }: Repository): Promise<Listing> {
  const access = { hubUrl: hub.address, fetch: hub.fetchList };
  const { sha } = await modelInfo({ name: id, revision, additionalFields: ["sha"], ...access });
  const commit = String(sha);
  if (!COMMIT.test(commit)) {
    throw new DataError({
      code: "hub/failed",
      message: `${hub.address} does not name a commit for ${revision} of ${id}`,
      place: id,
      remedy: "Check that HF_ENDPOINT or --endpoint is the address of a hub.",
      fault: "work",
    });
  }
  const files = new Map<string, ListedFile>();
  const folded = new Set<string>();
  for await (const entry of listFiles({ repo: id, revision: commit, recursive: true, ...access })) {
    const parsed = checkShape(entrySchema, entry, { whole: "the entry" });
    if (!parsed.success) throw badListing(hub, id, `an entry that cannot be read (${parsed.faults[0]})`);
    const { type, path, size, oid, lfs } = parsed.data;
    if (type !== "file") continue;
    if (!isInside(path)) throw badListing(hub, id, `the path ${JSON.stringify(path)}`);
    const name = path.normalize("NFC").toLowerCase(); // many systems do not tell them apart
    if (folded.has(name)) throw badListing(hub, id, `the path ${JSON.stringify(path)} twice`);
    folded.add(name);
    const hash = lfs ? ({ kind: "sha256", hex: lfs.oid } as const) : ({ kind: "git", hex: oid } as const);
    files.set(path, { path, size, hash });
    if (files.size > MAX_FILES) throw badListing(hub, id, `more than ${MAX_FILES} files`);
  }
  return { commit, files };
}

function badListing(hub: HubTransport, id: string, what: string): DataError {
  return new DataError({
    code: "hub/bad-listing",
    message: `${hub.address} lists ${what} in ${id}: nothing was written`,
    place: id,
    remedy: "Do not use the repository unless you know who made it.",
  });
}
