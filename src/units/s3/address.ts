// Where an S3 bucket is and whose it is: an address like s3://bucket/prefix, and the variables that other S3 clients read too.
import { ConfigError } from "../../base/errors.ts";

/** A place in a bucket, with what is needed to reach it. */
export interface S3Settings {
  /** `s3://bucket/prefix`, for messages. */
  readonly place: string;
  /** Address of the server, without bucket. */
  readonly endpoint: URL;
  readonly region: string;
  readonly bucket: string;
  /** Before every key: empty, or ends with "/". */
  readonly prefix: string;
  /** The bucket is a part of the path, not of the host's name. */
  readonly pathStyle: boolean;
  readonly credentials: S3Credentials;
}

/** Keys of an account. They are only in the environment, never in an address. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const BUCKET = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i;
const PREFIX = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const OPTIONS = ["endpoint", "region", "style"] as const;
const DEFAULT_REGION = "us-east-1";

/**
 * Reads `s3://bucket/prefix?endpoint=https://host&region=...&style=path`. What the address does not say comes from AWS_ENDPOINT_URL_S3 or
 * AWS_ENDPOINT_URL, AWS_REGION or AWS_DEFAULT_REGION; keys from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. The bucket
 * is a part of the path at any server but Amazon's, unless `style=host`.
 *
 * @throws ConfigError `units/bad-address`, `units/no-credentials`
 */
export function readS3Address(address: string, environment: Environment = process.env): S3Settings {
  const [withoutQuery = "", query = ""] = address.split("?", 2);
  const [, bucket = "", path = ""] = /^s3:\/\/([^/]*)\/?(.*)$/i.exec(withoutQuery) ?? [];
  if (!BUCKET.test(bucket))
    throw badAddress(address, `${JSON.stringify(bucket)} is not the name of a bucket`);
  const prefix = path.replace(/\/+$/, "");
  if (prefix !== "" && !PREFIX.test(prefix))
    throw badAddress(
      address,
      `the prefix ${JSON.stringify(prefix)} has other characters than letters, digits and "._-/"`,
    );
  const options = new URLSearchParams(query);
  for (const name of options.keys())
    if (!(OPTIONS as readonly string[]).includes(name))
      throw badAddress(address, `it has no option ${JSON.stringify(name)}`);
  const region =
    options.get("region") ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? DEFAULT_REGION;
  const named = options.get("endpoint") ?? environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
  const endpoint =
    named === undefined ? new URL(`https://s3.${region}.amazonaws.com`) : readEndpoint(named, address);
  const style = options.get("style") ?? (named === undefined && !bucket.includes(".") ? "host" : "path");
  if (style !== "host" && style !== "path") throw badAddress(address, `style is ${JSON.stringify(style)}`);
  return {
    place: `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`,
    ...{ endpoint, region, bucket, pathStyle: style === "path" },
    prefix: prefix === "" ? "" : `${prefix}/`,
    credentials: credentialsOf(environment),
  };
}

function readEndpoint(text: string, address: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw badAddress(address, `the endpoint ${JSON.stringify(text)} is not an http or https address`);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw badAddress(address, "the endpoint has a password, a query or a fragment");
  return url;
}

function credentialsOf(environment: Environment): S3Credentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (!accessKeyId || !secretAccessKey) {
    const missing = accessKeyId ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID";
    throw new ConfigError({
      code: "units/no-credentials",
      message: `${missing} is not set, so requests to the object store cannot be signed`,
      place: missing,
      remedy:
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary keys). Files of profiles are not read.",
    });
  }
  return { accessKeyId, secretAccessKey, sessionToken: environment.AWS_SESSION_TOKEN || undefined };
}

function badAddress(address: string, what: string): ConfigError {
  return new ConfigError({
    code: "units/bad-address",
    message: `the address ${address.replace(/\?.*$/s, "?...").replace(/\/\/[^/@]*@/, "//...@")} cannot be used: ${what}`, // passwords do not belong in logs
    place: "the address of the object store",
    remedy:
      "Write it like s3://bucket/prefix or s3://bucket/prefix?endpoint=http://127.0.0.1:9000. Keys belong in the environment.",
  });
}
