// Sends requests through the proxy that the environment names, like curl, pip and npm; local servers are reached directly.
import { type Dispatcher, EnvHttpProxyAgent, Pool } from "undici";
import { ConfigError } from "./errors.ts";

export interface ConnectionLimits {
  /** Milliseconds to wait for the headers of an answer; 0: no limit. */
  readonly headersTimeout: number;
  /** Milliseconds between two pieces of a body; 0: no limit. */
  readonly bodyTimeout: number;
}

// A proxy elsewhere could not reach them.
const THIS_MACHINE = ["localhost", "127.0.0.1", "[::1]"];

/** Variables by the scheme of the requested address; the first one that is set counts. */
const VARIABLES = {
  "http:": ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
  "https:": ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY"],
} as const;

interface NamedProxy {
  readonly variable: string;
  readonly url: string;
}

/**
 * Returns a dispatcher that uses the proxy of HTTP_PROXY, HTTPS_PROXY or ALL_PROXY, except for the hosts in NO_PROXY and this machine.
 *
 * @throws ConfigError `config/bad-proxy`
 */
export function proxyDispatcher(limits: ConnectionLimits): Dispatcher {
  return new EnvHttpProxyAgent({
    ...limits,
    httpProxy: proxyFor("http:")?.url ?? "",
    httpsProxy: proxyFor("https:")?.url ?? "",
    noProxy: directHosts(),
    proxyTunnel: false, // many proxies open tunnels to port 443 only
    factory: (origin, options) => new Pool(origin, { ...options, ...limits }),
  });
}

/**
 * What to add to a message about an unreachable address: the proxy that was used, without its password, or the variable to set.
 *
 * @throws ConfigError `config/bad-proxy`
 */
export function proxyHint(address: string | URL): string {
  const scheme = new URL(address).protocol === "http:" ? "http:" : "https:";
  const proxy = proxyFor(scheme);
  if (proxy === undefined) {
    const variable = scheme === "http:" ? "HTTP_PROXY" : "HTTPS_PROXY";
    return `No proxy is set. If this network needs one, set ${variable} to its address.`;
  }
  return `${named(proxy)}, which is used for every host that NO_PROXY does not list.`;
}

/** Names the environment's proxy for an address in a message; undefined if there is none. @throws ConfigError `config/bad-proxy` */
export function proxyNamed(address: string | URL): string | undefined {
  const proxy = proxyFor(new URL(address).protocol === "http:" ? "http:" : "https:");
  return proxy && named(proxy);
}

/** Leaves out the password that the address may contain. */
function named({ variable, url }: NamedProxy): string {
  const { host, protocol } = new URL(url);
  return `${variable} names the proxy ${protocol}//${host}`;
}

function proxyFor(scheme: keyof typeof VARIABLES): NamedProxy | undefined {
  for (const variable of VARIABLES[scheme]) {
    const value = process.env[variable]?.trim();
    if (value !== undefined && value !== "") return { variable, url: proxyUrl(variable, value) };
  }
  return undefined;
}

/** Like curl, treats an address without a scheme as an HTTP proxy. The value may contain a password and is never printed. */
function proxyUrl(variable: string, value: string): string {
  const address = value.includes("://") ? value : `http://${value}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url !== undefined && url.host !== "" && /^(https?|socks5?h?):$/.test(url.protocol)) {
    return address.replace(/^socks5h:/i, "socks5:"); // names are always resolved by the proxy
  }
  throw new ConfigError({
    code: "config/bad-proxy",
    message: `the environment's ${variable} is not the address of a proxy`,
    place: variable,
    remedy: `Set ${variable} to an address such as http://proxy.example.org:3128 (http, https or socks5), or unset it.`,
  });
}

/** NO_PROXY plus this machine's names, with bare IPv6 addresses put in brackets. */
function directHosts(): string {
  const listed = (process.env.no_proxy ?? process.env.NO_PROXY ?? "").split(/[,\s]+/).filter(Boolean);
  if (listed.includes("*")) return "*";
  const hosts = listed.map((host) => (/^[^[]*:[^[]*:/.test(host) ? `[${host}]` : host));
  return [...THIS_MACHINE, ...hosts].join(",");
}
