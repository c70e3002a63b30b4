// Calls an extension's code: turns any failure into an error that names the extension, and stops waiting on an abort.
import { ExtensionError } from "../base/errors.ts";
import { EXTENSION_KINDS, type Extension } from "./extension.ts";

/** `the reader "csv"`. */
export function nameOf({ kind, name }: Pick<Extension, "kind" | "name">): string {
  return `the ${EXTENSION_KINDS[kind].what} "${name}"`;
}

/** The error for an exception in an extension's code. `doing` follows its name: "reading posts.csv". */
function failure(extension: Extension, doing: string, cause: unknown): ExtensionError {
  if (cause instanceof ExtensionError) return cause;
  const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new ExtensionError({
    code: "extension/failed",
    message: `${nameOf(extension)} failed ${doing} (${said.split("\n", 1)[0]})`,
    place: `${extension.name} ${extension.version}`,
    remedy: "Fix the extension, or ask its author; the error is in its code, or in what it was given.",
    fault: "work",
    cause,
  });
}

/** The error for a result that the extension's contract does not allow. */
export function badAnswer(
  extension: Extension,
  doing: string,
  what: string,
  value?: unknown,
): ExtensionError {
  return new ExtensionError({
    code: "extension/bad-answer",
    message: `${nameOf(extension)} broke its contract ${doing}: ${what}`,
    place: `${extension.name} ${extension.version}`,
    value,
    remedy: "Fix the extension, or ask its author; docs/extending.md says what each contract asks for.",
    fault: "work",
  });
}

/** Makes a synchronous call. @throws ExtensionError `extension/failed` */
export function callNow<T>(extension: Extension, doing: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw failure(extension, doing, cause);
  }
}

/**
 * Makes a call that may take long. Stops waiting when the signal fires, even if the extension ignores the signal.
 *
 * @throws ExtensionError `extension/failed`; the signal's reason
 */
export async function call<T>(
  extension: Extension,
  doing: string,
  work: () => T | PromiseLike<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  let abort: (() => void) | undefined;
  try {
    const working = (async () => work())();
    if (signal === undefined) return await working;
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
    });
    return await Promise.race([working, aborted]);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw failure(extension, doing, cause);
  } finally {
    if (abort) signal?.removeEventListener("abort", abort);
  }
}
