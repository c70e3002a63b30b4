// Bearer tokens: read from settings and a file, kept as hashes, compared in constant time.
import { createHash, timingSafeEqual } from "node:crypto";
import { ConfigError } from "../../../base/errors.ts";
import { readRegularFile } from "../../../base/regular-file.ts";
import { RequestError } from "../request-error.ts";

/** What RFC 6750 allows in a header, and long enough that nobody guesses it. */
const TOKEN = /^[\w\-.~+/]{16,512}=*$/;
const MAX_FILE_BYTES = 1_000_000;

/**
 * The tokens of the settings and of the file that they name; empty if there are none and everyone may ask.
 *
 * @throws ConfigError `serving/wrong-tokens`
 */
export async function readTokens(settings: {
  readonly tokens: readonly string[];
  readonly tokensFile: string | undefined;
}): Promise<readonly string[]> {
  const { tokens, tokensFile } = settings;
  for (const [i, token] of tokens.entries()) requireToken(token, `token ${i + 1} of RELATA_TOKENS`);
  if (tokensFile === undefined) return tokens;
  const bytes = await readRegularFile(tokensFile, MAX_FILE_BYTES, ({ problem, cause }) =>
    wrongTokens(`cannot read the tokens: ${tokensFile} ${problem}`, tokensFile, cause),
  );
  const lines = bytes.toString("utf8").split(/\r?\n/);
  const listed = lines.flatMap((line, i) => {
    const token = line.trim();
    if (token === "" || token.startsWith("#")) return [];
    requireToken(token, `${tokensFile}:${i + 1}`);
    return [token];
  });
  // An empty file must not open the server to everyone.
  if (listed.length === 0) throw wrongTokens(`${tokensFile} has no token`, tokensFile);
  return [...tokens, ...listed];
}

function requireToken(token: string, place: string): void {
  if (!TOKEN.test(token)) throw wrongTokens(`${place} is not a usable token`, place);
}

function wrongTokens(message: string, place: string, cause?: unknown): ConfigError {
  return new ConfigError({
    code: "serving/wrong-tokens",
    message,
    place,
    cause,
    remedy:
      "Write one token per line, each of at least 16 letters, digits or -._~+/=. `openssl rand -hex 32` makes one.",
  });
}

/** Checks the header `Authorization`. */
export class TokenCheck {
  readonly #hashes: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.#hashes = tokens.map(hashOf);
  }

  /** Whether requests need a token. */
  get isOn(): boolean {
    return this.#hashes.length > 0;
  }

  /** @throws RequestError `serving/unauthorized` */
  require(authorization: string | undefined): void {
    if (!this.isOn) return;
    if (authorization === undefined) throw unauthorized("the request has no bearer token");
    const given = givenToken(authorization);
    if (given === undefined)
      throw unauthorized("the header Authorization is not `Bearer` and a token", 'error="invalid_request"');
    const hash = hashOf(given);
    let isKnown = false;
    // All are compared, so that the time says nothing about which one is similar.
    for (const known of this.#hashes) isKnown = timingSafeEqual(known, hash) || isKnown;
    if (!isKnown) throw unauthorized("the server does not know this bearer token", 'error="invalid_token"');
  }
}

/** The token of `Bearer`, or the password of `Basic`: Label Studio can send nothing else. */
function givenToken(authorization: string): string | undefined {
  const [, scheme, value] = /^(Bearer|Basic) +([^\s]+) *$/i.exec(authorization) ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  if (scheme.toLowerCase() === "bearer") return value;
  const [, password] = /^[^:]*:(.*)$/s.exec(Buffer.from(value, "base64").toString("utf8")) ?? [];
  return password;
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function unauthorized(message: string, parameter?: string): RequestError {
  const challenge = `Bearer realm="relata"${parameter === undefined ? "" : `, ${parameter}`}`;
  return new RequestError({
    code: "serving/unauthorized",
    message,
    place: "Authorization",
    headers: { "www-authenticate": challenge },
  });
}
