// Refuses to write a result over a file that it is made from.
import { stat } from "node:fs/promises";
import { DataError } from "./errors.ts";

/**
 * Makes sure that no input would be replaced by the output, also if one of them is a link.
 *
 * @param inputs files; undefined ones and those that do not exist are left to their readers
 * @throws DataError `data/output-is-input`
 */
export async function requireOwnOutput(
  output: string,
  inputs: readonly (string | undefined)[],
): Promise<void> {
  const written = await identityOf(output);
  if (written === undefined) return;
  for (const input of inputs) {
    if (input === undefined || (await identityOf(input)) !== written) continue;
    throw new DataError({
      code: "data/output-is-input",
      message: `${output} would replace ${input === output ? "the file that is read" : `${input}, which is read`}`,
      place: output,
      value: output,
      remedy: "Name another output.",
    });
  }
}

/** Device and number of a file; undefined if it cannot be looked at. */
async function identityOf(path: string): Promise<string | undefined> {
  return stat(path, { bigint: true }).then(
    (found) => (found.isFile() ? `${found.dev} ${found.ino}` : undefined),
    () => undefined, // whoever reads or writes it says why
  );
}
