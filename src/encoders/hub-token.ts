// The access token of a hub: from the environment, or from the file where the hub's own tool stores it.

import { homedir } from "node:os";
import { join } from "node:path";
import { DataError } from "../base/errors.ts";
import { exists } from "../base/exists.ts";
import { readWholeText } from "../base/whole-file.ts";

const TOKEN = /^[\x21-\x7e]+$/;

/**
 * Returns HF_TOKEN, or else the content of the token file (HF_TOKEN_PATH, or `token` in HF_HOME, by default ~/.cache/huggingface); undefined
 * if there is neither.
 *
 * @throws DataError `hub/bad-token-file`
 */
export async function storedToken(): Promise<string | undefined> {
  const given = process.env.HF_TOKEN?.trim();
  if (given !== undefined && given !== "") return given; // the transport checks it
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const place = process.env.HF_TOKEN_PATH || join(process.env.HF_HOME || join(cache, "huggingface"), "token");
  if (!(await exists(place))) return undefined;
  const bad = (what: string, cause?: unknown) =>
    new DataError({
      code: "hub/bad-token-file",
      message: `${place}, the file of the hub's access token, ${what}`,
      place,
      remedy: "Set HF_TOKEN to the token, or write the token alone into the file.",
      cause,
    });
  let text: string;
  try {
    text = (await readWholeText(place)).trim();
  } catch (cause) {
    throw bad("cannot be read", cause);
  }
  if (!TOKEN.test(text)) throw bad("does not hold a token alone");
  return text;
}
