// Names of repositories: owner/name, perhaps with a revision.

import { DataError } from "../base/errors.ts";

/** A repository on a hub. */
export interface Repository {
  /** owner/name */
  readonly id: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

const DEFAULT_REVISION = "main";
const PART = /^(?!.*(--|\.\.))[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9])?$/;
const REVISION = /^(?!.*(\.\.|\/\/|@\{))[\w](?:[\w./-]{0,250}[\w])?$/;

/**
 * Reads "owner/name" or "owner/name@revision".
 *
 * @throws DataError `hub/bad-repository`
 */
export function parseRepository(text: string, revision?: string): Repository {
  const [id = "", ...named] = text.split("@");
  const parts = id.split("/");
  const isName = parts.length === 2 && parts.every((part) => PART.test(part));
  const given = revision ?? named[0] ?? DEFAULT_REVISION;
  const isOne = named.length + (revision === undefined ? 0 : 1) <= 1;
  if (isName && isOne && REVISION.test(given)) return { id, revision: given };
  throw new DataError({
    code: "hub/bad-repository",
    message: `${JSON.stringify(text)}${revision === undefined ? "" : ` with the revision ${JSON.stringify(revision)}`} does not name a repository of a hub`,
    place: text,
    value: text,
    remedy: "Give it as owner/name, or as owner/name@revision to pull a branch, tag or commit.",
  });
}
