// `pullModel`: downloads a bundle or model from a repository of a hub into a new folder, complete and compared with its manifest, or not at all.

import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { syncFolder } from "../base/atomic-file.ts";
import { writingTo } from "../base/cannot-write.ts";
import { DataError } from "../base/errors.ts";
import { exists } from "../base/exists.ts";
import { MANIFEST_FILE, readManifest } from "../base/manifest.ts";
import { downloadBlob, type ListedFile } from "../encoders/hub-file.ts";
import { storedToken } from "../encoders/hub-token.ts";
import { DEFAULT_HUB, HubTransport } from "../encoders/hub-transport.ts";
import { readBundle } from "../extract/bundle.ts";
import { lockNewFolder } from "../extract/new-folder.ts";
import { requireContained, verifyBundle } from "../extract/verify-bundle.ts";
import { bundleFault, verifyModel } from "../extractors/shared/verify-model.ts";
import { belongs, type RepositoryFile } from "./files-to-push.ts";
import { hubFailure } from "./hub-failures.ts";
import { type Listing, listRepository } from "./list-repository.ts";
import { parseRepository, type Repository } from "./repository.ts";

/** What to pull, and where to. */
export interface PullRequest {
  /** owner/name, or owner/name@revision */
  readonly repository: string;
  /** The folder to write; it must not exist. */
  readonly folder: string;
  /** Branch, tag or commit; default "main". */
  readonly revision?: string | undefined;
  /** Address of the hub; default: HF_ENDPOINT, or huggingface.co. */
  readonly endpoint?: string | undefined;
  /** Only tell what would be downloaded. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with what is being done. */
  readonly onStatus?: ((status: string) => void) | undefined;
}

/** What was pulled. */
export interface PullSummary {
  readonly repository: string;
  readonly revision: string;
  /** The commit that the revision named. */
  readonly commit: string;
  readonly folder: string;
  readonly files: readonly RepositoryFile[];
  /** Files of the repository that do not belong to the model, and were left there. */
  readonly left: readonly string[];
}

/** Beside the folder until it is complete: what arrived, and of which commit; the next pull continues with it. */
const PULLING = ".pulling";
const COMMIT_FILE = "commit";
const FILES_FOLDER = "files";

/**
 * Pulls a bundle or model.
 *
 * @throws DataError `hub/bad-repository`, `hub/no-such-repository`, `hub/refused`, `hub/not-a-model`, `hub/bad-listing`, `hub/interrupted`, `hub/limit`,
 * `hub/failed`, `data/folder-exists`, `data/output-locked`, `data/cannot-write`, and the codes of `load` for files that differ from their manifest;
 * EncoderError `encoder/damaged-download`, `encoder/hub-failed` for single files; the signal's reason
 */
export async function pullModel(request: PullRequest): Promise<PullSummary> {
  const { folder, signal } = request;
  const repository = parseRepository(request.repository, request.revision);
  await using _lock = await lockNewFolder(folder);
  const address = request.endpoint ?? (process.env.HF_ENDPOINT || DEFAULT_HUB);
  const hub = new HubTransport(address, signal, await storedToken());
  try {
    return await pull(hub, repository, request);
  } catch (cause) {
    if (signal?.aborted === true) throw signal.reason;
    throw hubFailure(cause, hub, { what: "pull", id: repository.id });
  } finally {
    await hub.dispose();
  }
}

async function pull(
  hub: HubTransport,
  repository: Repository,
  { folder, dryRun, onStatus }: PullRequest,
): Promise<PullSummary> {
  onStatus?.(`asking ${hub.address} for ${repository.id}`);
  const listing = await listRepository(hub, repository);
  const own = listing.files.get(MANIFEST_FILE);
  if (own === undefined) throw notAModel(hub, repository);
  const pulling = folder + PULLING;
  const files = join(pulling, FILES_FOLDER);
  await begin(pulling, listing);
  const fetchFile = (file: ListedFile) => download(hub, repository, listing, file, files);
  await fetchFile(own);
  // The folder of the download is an inner matter: the place of a fault is the repository's file.
  const manifest = await readManifest(files, (fault) =>
    bundleFault({ ...fault, place: `${repository.id}/${MANIFEST_FILE}` }),
  );
  const wanted = [...listing.files.values()].filter(({ path }) =>
    belongs(path, new Set(manifest?.keys() ?? [])),
  );
  const summary: PullSummary = {
    repository: repository.id,
    revision: repository.revision,
    commit: listing.commit,
    folder,
    files: wanted.map(({ path, size }) => ({ path, bytes: size })),
    left: [...listing.files.keys()].filter((path) => !wanted.some((one) => one.path === path)),
  };
  if (dryRun) {
    await rm(pulling, { recursive: true, force: true });
    return summary;
  }
  for (const [i, file] of wanted.entries()) {
    onStatus?.(`downloading ${i + 1} of ${wanted.length}: ${file.path}`);
    await fetchFile(file);
  }
  onStatus?.("comparing the files with their manifest");
  try {
    await verify(files);
  } catch (error) {
    await rm(pulling, { recursive: true, force: true }); // the next attempt must not continue with it
    throw error;
  }
  await writingTo(folder, () => rename(files, folder));
  await syncFolder(dirname(resolve(folder)));
  await rm(pulling, { recursive: true, force: true });
  return summary;
}

/** Continues with what an earlier attempt downloaded of the same commit. */
async function begin(pulling: string, { commit }: Listing): Promise<void> {
  const place = join(pulling, COMMIT_FILE);
  await writingTo(pulling, async () => {
    if ((await exists(place)) && (await readFile(place, "utf8")) !== commit)
      await rm(pulling, { recursive: true });
    await mkdir(join(pulling, FILES_FOLDER), { recursive: true });
    await writeFile(place, commit);
  });
}

async function download(
  hub: HubTransport,
  { id }: Repository,
  { commit }: Listing,
  file: ListedFile,
  files: string,
): Promise<void> {
  const path = join(files, file.path);
  if ((await exists(path)) && (await stat(path)).size === file.size) return; // its hash was right, and the manifest is compared last
  await writingTo(path, () => mkdir(dirname(path), { recursive: true }));
  const parts = file.path.split("/").map(encodeURIComponent).join("/");
  await downloadBlob(
    hub,
    `${hub.address}/${id}/resolve/${commit}/${parts}`,
    file,
    path,
    `${id}/${file.path}`,
  );
}

/** Refuses anything that `load` would refuse, before the folder gets its name. */
async function verify(folder: string): Promise<void> {
  const bundle = await readBundle(folder);
  if (bundle === undefined) {
    await verifyModel(folder, {});
    return;
  }
  await requireContained(folder, bundle);
  await verifyBundle(folder, bundle, {});
}

function notAModel(hub: HubTransport, { id, revision }: Repository): DataError {
  return new DataError({
    code: "hub/not-a-model",
    message: `${id} (${revision}) on ${hub.address} has no ${MANIFEST_FILE}: it is not a bundle or model of relata`,
    place: id,
    remedy: "Name a repository that relata push wrote. An encoder is named with --encoder instead.",
  });
}
