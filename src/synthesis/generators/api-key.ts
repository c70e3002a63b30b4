// The key of a generator's server: read from the environment once, sent in one header, kept out of everything that is printed.
import { Buffer } from "node:buffer";
import { SynthesisError } from "../../base/errors.ts";
import { type Environment, Secrets } from "./secrets.ts";

/** Holds a key so that neither `JSON.stringify` nor `util.inspect` can show it. */
export class ApiKey {
  readonly #header: string;
  readonly #secrets: Secrets;
  /**
   * Secrets that must not be printed: the key; for `user:password` also the password; and the header, which
   * is long enough to match even if the key is not.
   */
  readonly #spoken: readonly string[];

  /** `basic`: the secret is `user:password` (HTTP Basic); otherwise a bearer token. */
  constructor(secret: string, scheme: "bearer" | "basic") {
    this.#header =
      scheme === "basic" ? `Basic ${Buffer.from(secret, "utf8").toString("base64")}` : `Bearer ${secret}`;
    this.#spoken = [
      this.#header,
      secret,
      ...(scheme === "basic" ? [secret.slice(secret.indexOf(":") + 1)] : []),
    ];
    this.#secrets = new Secrets(this.#spoken);
  }

  /** Value of the Authorization header; not used elsewhere. */
  authorization(): string {
    return this.#header;
  }

  /** This key together with other secrets. */
  with(others: Iterable<string>): Secrets {
    return new Secrets([...this.#spoken, ...others]);
  }

  /** Removes the key from the text, in any spelling. */
  redact(text: string): string {
    return this.#secrets.redact(text);
  }
}

/**
 * Reads the key from the variable; undefined if no variable is named.
 *
 * @throws SynthesisError `synthesis/no-key` when the variable is not set, `synthesis/bad-key` when no header can hold its value.
 */
export function readKey(
  keyFrom: string | undefined,
  environment: Environment,
  adapter: string,
  scheme: "bearer" | "basic" = "bearer",
): ApiKey | undefined {
  if (keyFrom === undefined) return undefined;
  const secret = environment[keyFrom]?.trim();
  if (secret === undefined || secret === "") {
    throw new SynthesisError({
      code: "synthesis/no-key",
      message: `${adapter}: the environment variable ${keyFrom} is not set`,
      place: "keyFrom",
      remedy: `Set ${keyFrom} to the key, or name another variable in keyFrom.`,
    });
  }
  // The HTTP client would refuse anything else later, with the key in its message.
  if (!/^[\x21-\x7e]+$/.test(secret) || (scheme === "basic" && !secret.includes(":"))) {
    throw new SynthesisError({
      code: "synthesis/bad-key",
      message: `${adapter}: the value of ${keyFrom} is not a valid key`,
      place: "keyFrom",
      remedy:
        scheme === "basic"
          ? `Set ${keyFrom} to user:password, in printable ASCII without spaces.`
          : `Set ${keyFrom} to the key only: printable ASCII without spaces or line breaks.`,
    });
  }
  return new ApiKey(secret, scheme);
}
