// Requests to the page's own server: paths relative to the page, the token of this tab, problems as errors.
import { problemOf } from "./problem-error.ts";

const TOKEN_KEY = "relata-token";

/** Asks for a token after a 401; returns false if the user has none. */
type AskForToken = (refused: boolean) => Promise<string | undefined>;
let askForToken: AskForToken = async () => undefined;
let asking: Promise<string | undefined> | undefined;

/** Sets who asks for a token. */
export function onTokenNeeded(ask: AskForToken): void {
  askForToken = ask;
}

/** The token of this tab; it is forgotten with the tab. */
export function token(): string | undefined {
  return sessionStorage.getItem(TOKEN_KEY) ?? undefined;
}

/** Returns the address of a path below the page's own folder. */
export function addressOf(path: string): string {
  return new URL(path.replace(/^\//, ""), new URL("./", location.href)).href;
}

/**
 * Sends a request. After a 401 it asks for a token once for all waiting requests, and sends again.
 *
 * @throws ProblemError for every status that is an error; TypeError without a connection; the signal's reason
 */
export async function request(path: string, options: RequestInit = {}): Promise<Response> {
  for (;;) {
    const sent = token();
    const headers = new Headers(options.headers);
    if (sent !== undefined) headers.set("authorization", `Bearer ${sent}`);
    const response = await fetch(addressOf(path), { ...options, headers, credentials: "omit" });
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (response.status !== 401) throw problem;
    if (token() !== sent) continue; // another request asked meanwhile
    asking ??= askForToken(sent !== undefined).finally(() => {
      asking = undefined;
    });
    const given = await asking;
    if (given === undefined) throw problem;
    sessionStorage.setItem(TOKEN_KEY, given);
  }
}

/** Sends a request and reads its answer as JSON. */
export async function requestJson<T>(path: string, options: RequestInit = {}): Promise<T> {
  const response = await request(path, options);
  return (await response.json()) as T;
}
