import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Secrets, secretsOf } from "./secrets.ts";

const SECRET = 'wJalrXUtnFEMI/K7+MDENG"bPx RfiCY\\KEY';
const secrets = new Secrets([SECRET]);
const escaped = (text: string, how: (code: string) => string) =>
  [...text].map((one) => how(one.charCodeAt(0).toString(16))).join("");
const bytes = Buffer.from(SECRET, "utf8");

describe("Secrets", () => {
  test.each<[string, string]>([
    ["itself", SECRET],
    ["JSON", JSON.stringify(SECRET).slice(1, -1)],
    ["JSON with escaped slashes", JSON.stringify(SECRET).slice(1, -1).replaceAll("/", "\\/")],
    ["JSON with everything escaped", escaped(SECRET, (code) => `\\u${code.padStart(4, "0")}`)],
    [
      "JSON with everything escaped in capitals",
      escaped(SECRET, (code) => `\\u${code.toUpperCase().padStart(4, "0")}`),
    ],
    ["JSON in JSON", JSON.stringify(JSON.stringify(SECRET)).slice(1, -1)],
    ["a URL", encodeURIComponent(SECRET)],
    ["a URL in small letters", encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
    ["a form", encodeURIComponent(SECRET).replaceAll("%20", "+")],
    ["a URL in a URL", encodeURIComponent(encodeURIComponent(SECRET))],
    ["HTML", SECRET.replaceAll('"', "&quot;").replaceAll("/", "&#x2F;").replaceAll("+", "&#43;")],
    ["Base64", bytes.toString("base64")],
    ["URL-safe Base64", bytes.toString("base64url")],
    ["the Base64 of a login", Buffer.from(`ada:${SECRET}`).toString("base64")],
    ["the Base64 of more", Buffer.from(`login=x;${SECRET};next`).toString("base64")],
    ["hexadecimal", bytes.toString("hex").toUpperCase()],
    ["part of a sentence", `no access with "${SECRET}".`],
  ])("takes a secret out of a text that holds it as %s", (_, text) => {
    const clean = secrets.redact(`before ${text} after`);
    expect(clean).toMatch(/^before .*\[key\].* after$/);
    const inner = bytes.toString("base64").slice(3, 20);
    for (const left of ["wJalr", "MDENG", inner]) expect(clean).not.toContain(left);
  });

  test("finds any secret in any of these spellings", () => {
    const secret = fc.string({ unit: "grapheme-ascii", minLength: 8, maxLength: 200 });
    fc.assert(
      fc.property(secret, (text) => {
        const spelled = [
          text,
          JSON.stringify(text),
          encodeURIComponent(text),
          Buffer.from(`a:${text}`).toString("base64"),
        ];
        for (const one of spelled) expect(new Secrets([text]).redact(`<${one}>`)).toContain("[key]");
      }),
    );
  });

  test("does not look for short ones: they are words of any text", () => {
    expect(new Secrets(["none", "ollama"]).redact("none of them runs ollama")).toBe(
      "none of them runs ollama",
    );
  });

  test("takes a part of a long one out as well", () => {
    const long = Array.from({ length: 3000 }, (_, i) => String.fromCharCode(97 + ((i * i) % 26))).join("");
    expect(new Secrets([long]).redact(`a ${long.slice(0, 1000)}`)).not.toContain(long.slice(0, 100));
  });

  test("leaves no half of one at a cut", () => {
    const cut = SECRET.slice(SECRET.length >> 1);
    expect(secrets.redactCut(`${cut}${" ".repeat(1000)}words`, "beginning")).not.toContain(cut);
    expect(secrets.redactCut(`words${" ".repeat(1000)}${SECRET.slice(0, 12)}`, "end")).not.toContain("wJalr");
  });

  test("goes through plain JSON, names included", () => {
    expect(secrets.redactJson({ [SECRET]: [SECRET, { deep: `x${SECRET}` }, 1, null] })).toEqual({
      "[key]": ["[key]", { deep: "x[key]" }, 1, null],
    });
  });
});

describe("secretsOf", () => {
  test.each([
    ...[
      "OPENAI_API_KEY",
      "HF_TOKEN",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_SESSION_TOKEN",
      "DB_PASSWORD",
      "db_passwd",
    ],
    ...["MYSQL_PWD", "SSH_PASSPHRASE", "FTP_PASS", "GOOGLE_CREDENTIALS", "BASIC_AUTH", "HTTP_AUTHORIZATION"],
    ...[
      "SESSION_COOKIE",
      "SENTRY_DSN",
      "AZURE_STORAGE_CONNECTION_STRING",
      "SLACK_WEBHOOK_URL",
      "MY_JWT",
      "GH_PAT",
      "AWS_CREDS",
    ],
  ])("takes the value of %s for a secret", (name) => {
    expect(secretsOf({ [name]: " s3cret-value\n" })).toEqual(["s3cret-value"]);
  });

  test.each(["PWD", "OLDPWD", "PATH", "GIT_AUTHOR_NAME", "XDG_SESSION_TYPE", "KEYBOARD", "LANG"])(
    "leaves %s alone",
    (name) => {
      expect(secretsOf({ [name]: "Ada Lovelace" })).toEqual([]);
    },
  );

  test("takes the password of an address, whatever the variable is called", () => {
    const found = secretsOf({ DATABASE_URL: "postgres://ada:hun%2Fter22@db.host:5432/posts" });
    const clean = new Secrets(found).redact("login ada:hun%2Fter22@db failed for hun/ter22");
    expect(clean).toBe("login [key]@db failed for [key]");
  });
});
