// `pushModel`: sends a bundle or model to a repository of a hub, in one commit.

import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { commit, createBranch, createRepo, HubApiError } from "@huggingface/hub";
import { DataError, RelataError } from "../base/errors.ts";
import { storedToken } from "../encoders/hub-token.ts";
import { DEFAULT_HUB, HubStatus, HubTransport } from "../encoders/hub-transport.ts";
import { filesToPush, type RepositoryFile } from "./files-to-push.ts";
import { hubFailure } from "./hub-failures.ts";
import { type Listing, listRepository } from "./list-repository.ts";
import { parseRepository, type Repository } from "./repository.ts";

/** What to push, and where to. */
export interface PushRequest {
  /** Folder of a bundle, or of a model. */
  readonly model: string;
  /** owner/name */
  readonly repository: string;
  /** Branch to push to, which is created if needed; default "main". */
  readonly revision?: string | undefined;
  /** Address of the hub; default: HF_ENDPOINT, or huggingface.co. */
  readonly endpoint?: string | undefined;
  /** Whether a repository that is created is private; default false. */
  readonly private?: boolean | undefined;
  /** Whether to replace the files of a repository that has some; default false. */
  readonly replace?: boolean | undefined;
  /** Only tell what would be sent; nothing is asked of the hub. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with what is being done. */
  readonly onStatus?: ((status: string) => void) | undefined;
}

/** What was pushed. */
export interface PushSummary {
  readonly repository: string;
  readonly revision: string;
  /** Undefined for a dry run. */
  readonly commit: string | undefined;
  readonly created: boolean;
  readonly files: readonly RepositoryFile[];
  /** Files of the repository that the model does not have, removed in the same commit. */
  readonly removed: readonly string[];
}

/** A dead connection is tried again: large files that arrived are not sent again. */
const ATTEMPTS = 3;
const PAUSE_MS = 1_000;
const SETTINGS_OF_THE_HUB = ".gitattributes";

/**
 * Pushes a bundle or model. The commit is the last request: before it, nothing is visible in the repository.
 *
 * @throws DataError `hub/bad-repository`, `hub/no-token`, `hub/not-empty`, `hub/refused`, `hub/conflict`, `hub/limit`, `hub/interrupted`, `hub/failed`,
 * `hub/not-a-model`, and the codes of `load` for files that have changed; EncoderError `encoder/bad-hub-address`, `encoder/bad-token`; the signal's reason
 */
export async function pushModel(request: PushRequest): Promise<PushSummary> {
  const repository = parseRepository(request.repository, request.revision);
  request.onStatus?.("comparing the files with their manifest");
  const files = await filesToPush(request.model);
  const so = { repository: repository.id, revision: repository.revision, files };
  if (request.dryRun) return { ...so, commit: undefined, created: false, removed: [] };
  const token = await storedToken();
  if (token === undefined) {
    throw new DataError({
      code: "hub/no-token",
      message: `a push to ${repository.id} needs an access token, and there is none`,
      place: "HF_TOKEN",
      remedy: "Set HF_TOKEN to a token that may write, or log in with the hub's own tool.",
    });
  }
  const address = request.endpoint ?? (process.env.HF_ENDPOINT || DEFAULT_HUB);
  const hub = new HubTransport(address, request.signal, token);
  try {
    return { ...so, ...(await send(hub, repository, files, request)) };
  } catch (cause) {
    if (request.signal?.aborted === true) throw request.signal.reason;
    throw hubFailure(cause, hub, { what: "push", id: repository.id });
  } finally {
    await hub.dispose();
  }
}

async function send(
  hub: HubTransport,
  repository: Repository,
  files: readonly RepositoryFile[],
  { model, replace = false, private: isPrivate, onStatus, signal }: PushRequest,
): Promise<Pick<PushSummary, "commit" | "created" | "removed">> {
  const { id, revision } = repository;
  const access = { repo: id, hubUrl: hub.address, fetch: hub.fetchWriting };
  onStatus?.(`asking ${hub.address} for ${id}`);
  let before = await listingOrNone(hub, repository);
  const created = before === undefined && (await create(access, isPrivate));
  before ??= await listingOrNone(hub, repository);
  if (before === undefined && revision !== "main") {
    await createBranch({ ...access, branch: revision });
    before = await listingOrNone(hub, repository);
  }
  const own = new Set(files.map(({ path }) => path));
  const others = [...(before?.files.keys() ?? [])].filter((path) => path !== SETTINGS_OF_THE_HUB);
  if (others.length > 0 && !replace) throw notEmpty(id, revision, others);
  const removed = others.filter((path) => !own.has(path));
  const operations = [
    ...files.map(({ path }) => ({
      operation: "addOrUpdate" as const,
      path,
      content: pathToFileURL(join(model, path)),
    })),
    ...removed.map((path) => ({ operation: "delete" as const, path })),
  ];
  onStatus?.(`sending ${files.length} files to ${id}`);
  const done = await persistently(signal, () =>
    commit({
      ...access,
      title: `Push ${files.length} files with relata`,
      operations,
      branch: revision,
      useXet: false, // parts of a file with their hashes, the protocol that every hub speaks
      ...(before === undefined ? {} : { parentCommit: before.commit }),
      ...(signal === undefined ? {} : { abortSignal: signal }),
    }),
  );
  return { commit: done?.commit.oid, created, removed };
}

type Access = { readonly repo: string; readonly hubUrl: string; readonly fetch: typeof fetch };

/** Creates the repository; false if it is there, but not visible at this revision. */
async function create(access: Access, isPrivate: boolean | undefined): Promise<boolean> {
  try {
    await createRepo({
      ...access,
      ...(isPrivate === undefined ? {} : { visibility: isPrivate ? "private" : "public" }),
      accessToken: undefined as unknown as string, // the transport adds it, for the hub alone
    });
    return true;
  } catch (error) {
    if (error instanceof HubApiError && error.statusCode === 409) return false;
    throw error;
  }
}

/** Undefined for a repository, or a revision, that the hub does not show. */
async function listingOrNone(hub: HubTransport, repository: Repository): Promise<Listing | undefined> {
  try {
    return await listRepository(hub, repository);
  } catch (error) {
    // A hub does not tell strangers whether a private repository exists.
    if (error instanceof HubStatus && error.status === 404) return undefined;
    throw error;
  }
}

/** Tries again after a dead connection, never after an answer. */
async function persistently<Result>(
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const isAnswer = error instanceof HubApiError || error instanceof RelataError;
      if (isAnswer || attempt === ATTEMPTS || signal?.aborted === true) throw error;
      await wait(PAUSE_MS * attempt, undefined, signal === undefined ? {} : { signal });
    }
  }
}

function notEmpty(id: string, revision: string, files: readonly string[]): DataError {
  const some = files.slice(0, 5).join(", ");
  return new DataError({
    code: "hub/not-empty",
    message: `${id} (${revision}) already has ${files.length} files: ${some}${files.length > 5 ? " ..." : ""}`,
    place: id,
    value: files,
    remedy: "Use --replace to replace them in one commit, or name a new repository.",
  });
}
