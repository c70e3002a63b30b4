// The request of "Try" as a command for a shell.
import type { PostToSend, ReadOptions } from "../../api/types.ts";

/** Quotes a word for a POSIX shell. */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Returns a curl command that sends the same post. A token is named, not shown. */
export function curlOf(
  address: string,
  { text, caption, image }: PostToSend,
  { model, explain, threshold }: ReadOptions,
  hasToken: boolean,
): string {
  const json = JSON.stringify({
    ...{ text, caption },
    ...(image === undefined ? {} : { image: { part: "image" } }),
    ...{ model, explain },
    ...(threshold === undefined ? {} : { options: { threshold } }),
  });
  const parts = [`curl ${shellQuoted(address)}`];
  if (hasToken) parts.push(`-H "Authorization: Bearer $RELATA_TOKEN"`);
  if (image === undefined) {
    parts.push(`-H 'Content-Type: application/json'`, `--data-raw ${shellQuoted(json)}`);
  } else {
    const file = `image=@"${image.name.replaceAll(/[\\"]/g, "\\$&")}"`;
    parts.push(`--form-string ${shellQuoted(`request=${json}`)}`, `-F ${shellQuoted(file)}`);
  }
  return parts.join(" \\\n  ");
}
