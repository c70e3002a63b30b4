// Requests to the page's own server: paths relative to the page, the token of this tab, errors as the client of relata reports them.
import { type Client, createClient } from "../../src/client/client.ts";
import { errorOfResponse, unreachable } from "../../src/client/client-error.ts";

const TOKEN_KEY = "relata-token";

/** Asks for a token after a 401; returns undefined if the user has none. */
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

/** Sends a request with the token. After a 401 it asks for one, once for all waiting requests, and sends again. */
const fetchWithToken: typeof fetch = async (address, options = {}) => {
  for (;;) {
    const sent = token();
    const headers = new Headers(options.headers);
    if (sent !== undefined) headers.set("authorization", `Bearer ${sent}`);
    const response = await fetch(address, { ...options, headers, credentials: "omit" });
    if (response.status !== 401) return response;
    if (token() !== sent) continue; // another request asked meanwhile
    asking ??= askForToken(sent !== undefined).finally(() => {
      asking = undefined;
    });
    const given = await asking;
    if (given === undefined) return response;
    sessionStorage.setItem(TOKEN_KEY, given);
  }
};

/** The client of the page's server. It sends nothing twice: a batch says that it waits, and sends again itself. */
export function pageClient(): Client {
  return createClient({ url: addressOf(""), fetch: fetchWithToken, retries: 0 });
}

/** Sends a request. @throws ClientError for every status that is an error, and without a connection */
export async function request(path: string, options: RequestInit = {}): Promise<Response> {
  const address = new URL(addressOf(path));
  const response = await fetchWithToken(address, options).catch((error: unknown) => {
    throw unreachable(address, error);
  });
  if (response.ok) return response;
  throw errorOfResponse(response, await response.text());
}

/** Sends a request and reads its answer as JSON. */
export async function requestJson<T>(path: string, options: RequestInit = {}): Promise<T> {
  const response = await request(path, options);
  return (await response.json()) as T;
}
