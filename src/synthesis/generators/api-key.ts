// The key of a generator's server: read from the environment once, sent in one header, kept out of everything that is printed.
import { Buffer } from "node:buffer";
import { SynthesisError } from "../../errors.ts";

/** The environment's variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REDACTED = "[key]";

/** Holds a key so that neither `JSON.stringify` nor `util.inspect` can show it. */
export class ApiKey {
  readonly #header: string;
  readonly #secrets: readonly string[];

  /** `basic`: the secret is `user:password` (HTTP Basic); otherwise a bearer token. */
  constructor(secret: string, scheme: "bearer" | "basic") {
    const base64 = Buffer.from(secret, "utf8").toString("base64");
    this.#header = scheme === "basic" ? `Basic ${base64}` : `Bearer ${secret}`;
    const password = scheme === "basic" ? secret.slice(secret.indexOf(":") + 1) : secret;
    this.#secrets = [...new Set([secret, password].flatMap(spellings)), base64]
      .filter((spelling) => spelling !== "")
      .sort((a, b) => b.length - a.length);
  }

  /** Value of the Authorization header; goes nowhere else. */
  authorization(): string {
    return this.#header;
  }

  /** The text without the key, also where it stands in it as URL component, JSON string or base64. */
  redact(text: string): string {
    return this.#secrets.reduce((clean, secret) => clean.replaceAll(secret, REDACTED), text);
  }
}

function spellings(secret: string): string[] {
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
}

/**
 * The key that the variable holds; undefined when no variable is named.
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
  // Anything else would be refused later by the HTTP client, with the key in its message.
  if (!/^[\x21-\x7e]+$/.test(secret) || (scheme === "basic" && !secret.includes(":"))) {
    throw new SynthesisError({
      code: "synthesis/bad-key",
      message: `${adapter}: the value of ${keyFrom} cannot be a key`,
      place: "keyFrom",
      remedy:
        scheme === "basic"
          ? `Set ${keyFrom} to user:password, in printable ASCII without blanks.`
          : `Set ${keyFrom} to the key alone: printable ASCII without blanks or line breaks.`,
    });
  }
  return new ApiKey(secret, scheme);
}
