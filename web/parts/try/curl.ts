// The request of "Try" as a command for a shell.
import type { PostToSend, ReadOptions } from "../../api/extract.ts";
import { postRequest, requestFields } from "../../api/extract.ts";

/** Quotes a word for a POSIX shell. */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Returns a curl command that sends the same post. A token is named, not shown. */
export function curlOf(address: string, post: PostToSend, options: ReadOptions, hasToken: boolean): string {
  const json = JSON.stringify({ ...postRequest(post, "image"), ...requestFields(options) });
  const parts = [`curl ${shellQuoted(address)}`];
  if (hasToken) parts.push(`-H "Authorization: Bearer $RELATA_TOKEN"`);
  if (post.picture === undefined) {
    parts.push(`-H 'Content-Type: application/json'`, `--data-raw ${shellQuoted(json)}`);
  } else {
    const file = `image=@"${post.picture.name.replaceAll(/[\\"]/g, "\\$&")}"`;
    parts.push(`--form-string ${shellQuoted(`request=${json}`)}`, `-F ${shellQuoted(file)}`);
  }
  return parts.join(" \\\n  ");
}
