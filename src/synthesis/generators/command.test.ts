import { Buffer } from "node:buffer";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  openCommandPictures,
  openCommandRewriting,
  openCommandTexts,
  pictureSchema,
  rewriteSchema,
  textSchema,
} from "./command.ts";
import { GeneratorRefusal, NotAskedError } from "./generator.ts";
import { drawnPicture } from "./testing/drawn-content.ts";
import { NEVER, pictureRequest, rejection, textRequest } from "./testing/requests.ts";

const PROGRAM = fileURLToPath(new URL("./testing/answering-program.mjs", import.meta.url));
const POSIX = process.platform !== "win32";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

const environment = { ...process.env, TEST_API_KEY: "sk-0123456789" };
const common = (args: readonly string[], changes: object) => ({
  adapter: "command",
  model: "mine",
  command: [process.execPath, PROGRAM, ...args],
  ...changes,
});
const pictures = (args: readonly string[], changes: object = {}) =>
  openCommandPictures(pictureSchema.parse(common(args, changes)), environment);
const texts = (args: readonly string[], changes: object = {}) =>
  openCommandTexts(textSchema.parse(common(args, changes)), environment);

const rewriting = (args: readonly string[], changes: object = {}) =>
  openCommandRewriting(rewriteSchema.parse(common(args, changes)), environment);

const textOf = ({ content }: { content: { bytes: Uint8Array } }) =>
  Buffer.from(content.bytes).toString("utf8");

describe("command", () => {
  it("takes a picture that the program names in JSON, with its details, or as a path alone", async () => {
    const bytes = await drawnPicture("x", 7);
    const file = join(folder, "ready.png");
    await writeFile(file, bytes);
    const inJson = pictures(["json", file], { promptTemplate: "a photo: {text}" });
    expect(await inJson.picture(pictureRequest(), NEVER)).toEqual({
      content: { mediaType: "image/png", bytes: Buffer.from(bytes) },
      details: { seed: 7, prompt: "a photo: Ada waves at Bo" },
    });
    expect(await pictures(["path", file]).picture(pictureRequest(), NEVER)).toEqual({
      content: { mediaType: "image/png", bytes: Buffer.from(bytes) },
    });
  });

  it("takes a text from JSON or from a file", async () => {
    const request = await textRequest({ mentions: ["Ada", "Bo"] });
    expect(textOf(await texts(["json"]).text(request, NEVER))).toMatch(/^Ada with Bo, \d+$/);
    expect(textOf(await texts(["path"]).text(request, NEVER))).toBe("Ada waves");
  });

  it("gives a text with its mentions, and takes the new text with theirs, without the space around it", async () => {
    const mentions = [
      { start: 0, end: 3 },
      { start: 13, end: 15 },
    ];
    const request = { text: "Ada waves at Bo", mentions, seed: 7, instance: "doc-1", step: 1 };
    const answer = await rewriting(["backwards"]).rewrite(request, NEVER);
    expect(textOf(answer)).toBe("Bo sees Ada");
    expect(answer.mentions).toEqual([
      { start: 8, end: 11 },
      { start: 0, end: 2 },
    ]);
    expect(answer.details).toEqual({
      mentions: ["Ada", "Bo"],
      spans: [
        [0, 3],
        [13, 15],
      ],
    });
    expect(await rewriting(["path"]).rewrite(request, NEVER)).not.toHaveProperty("mentions");
  });

  it("gives its arguments to no shell", async () => {
    const file = join(folder, "made-by-a-shell");
    const answer = `$(touch ${file}); "; touch ${file}`;
    const error = await rejection(texts(["say", answer]).text(await textRequest(), NEVER));
    expect(error.message).toContain(`which cannot be read (ENOENT)`);
    expect(existsSync(file)).toBe(false);
  });

  it("takes the program's no for a refusal", async () => {
    const error = await rejection(texts(["refuse"]).text(await textRequest(), NEVER));
    expect(error).toBeInstanceOf(GeneratorRefusal);
    expect(error).toMatchObject({ reason: "refused" });
  });

  it.each<[string, readonly string[], string, string]>([
    ["fails", ["fail"], "synthesis/command-failed", "exited with 3: out of memory; key is [key]"],
    ["knows not what to do", ["what?"], "synthesis/command-failed", "exited with 64"],
    ["says nothing", ["say", ""], "synthesis/unexpected-answer", "neither JSON nor a single path"],
    ["chats", ["say", "I made\na picture"], "synthesis/unexpected-answer", "neither JSON nor a single path"],
    ["answers invalid JSON", ["say", "{"], "synthesis/unexpected-answer", "invalid JSON"],
    ["answers other JSON", ["say", '{"image":"x.png"}'], "synthesis/unexpected-answer", "other than"],
    ["answers a text", ["say", '{"text":"Ada"}'], "synthesis/unexpected-answer", "a text instead of a file"],
    [
      "names a file that is not there",
      ["say", "none.png"],
      "synthesis/command-failed",
      "which cannot be read (ENOENT)",
    ],
    ["names a folder", ["say", "."], "synthesis/command-failed", "which is a folder, not a regular file"],
    [
      "names a file that is not a picture",
      ["say", PROGRAM],
      "synthesis/not-a-picture",
      "not answer with a usable picture",
    ],
  ])("finds out a program that %s", async (_, args, code, said) => {
    const error = await rejection(pictures(args).picture(pictureRequest(), NEVER));
    expect(error).toMatchObject({ code, fault: "work" });
    expect(error.message).toContain(said);
    expect(error.message).not.toContain("sk-0123456789");
  });

  it.runIf(POSIX)("says by which signal a program died", async () => {
    const error = await rejection(pictures(["crash"]).picture(pictureRequest(), NEVER));
    expect(error.message).toContain("was killed by SIGSEGV");
  });

  it("says that a program cannot be started", async () => {
    const generator = pictures([], { command: [join(folder, "none")] });
    const error = await rejection(generator.picture(pictureRequest(), NEVER));
    expect(error).toMatchObject({ code: "synthesis/command-failed" });
    expect(error.message).toContain("ENOENT");
  });

  it("ends a program that says too much, and reads no file that is too long", async () => {
    const flood = pictures(["flood"], { maxAnswerBytes: 1_000_000 });
    expect((await rejection(flood.picture(pictureRequest(), NEVER))).code).toBe("synthesis/answer-too-large");
    const long = join(folder, "long.png");
    await writeFile(long, Buffer.alloc(5000));
    const reader = pictures(["say", long], { maxAnswerBytes: 4999 });
    expect((await rejection(reader.picture(pictureRequest(), NEVER))).code).toBe(
      "synthesis/answer-too-large",
    );
  });

  // The shell ignores SIGTERM, and so does the child that it starts; it writes down who they are.
  const stubborn = (written: string) => ({
    command: ["/bin/sh", "-c", `trap '' TERM; sleep 1000 & echo "[$$,$!]" > "${written}"; wait`],
    graceMs: 20,
  });

  it.runIf(POSIX).each<[string, string, string]>([
    ["a pipe", "mkfifo", "which is a pipe, not a regular file"],
    ["a link that leads nowhere", "ln -s nowhere", "which is a link to nowhere, which cannot be opened"],
  ])("does not wait for %s that a program names", async (_, make, said) => {
    const command = [
      "/bin/sh",
      "-c",
      `cat > /dev/null; ${make} "${folder}/${make[0]}" && echo "${folder}/${make[0]}"`,
    ];
    const error = await rejection(
      pictures([], { command, timeoutMs: 60_000 }).picture(pictureRequest(), NEVER),
    );
    expect(error).toMatchObject({ code: "synthesis/command-failed", fault: "work" });
    expect(error.message).toContain(said);
  });

  it.runIf(POSIX)("reads no device", async () => {
    const error = await rejection(texts(["say", "/dev/zero"]).text(await textRequest(), NEVER));
    expect(error.message).toContain("which is a device, not a regular file");
  });

  it.each<[string, object, string]>([
    ["a text beside nulls", { text: "Ada waves", file: null, refused: null, details: null }, "Ada waves"],
    ["thoughts before a text", { text: "<think>hm</think>Ada waves" }, "Ada waves"],
  ])("reads %s", async (_, answer, text) => {
    expect(textOf(await texts(["say", JSON.stringify(answer)]).text(await textRequest(), NEVER))).toBe(text);
  });

  it.each<[string, string, string]>([
    ["two answers at once", '{"text":"a","refused":"b"}', 'that has 2 of "file", "text" and "refused"'],
    ["none", '{"text":null}', 'that has 0 of "file", "text" and "refused"'],
    ["a field that nobody knows", '{"caption":"a"}', "caption"],
    ["a number for a text", '{"text":7}', "text: "],
    [
      "JSON that is nested without end",
      `{"text":"a","details":${"[".repeat(99)}${"]".repeat(99)}}`,
      "nested more",
    ],
  ])("finds out a program that answers %s", async (_, answer, said) => {
    const error = await rejection(texts(["say", answer]).text(await textRequest(), NEVER));
    expect(error).toMatchObject({ code: "synthesis/unexpected-answer" });
    expect(error.message).toContain(said);
  });

  it.runIf(POSIX)("does not take bytes for a text that are not UTF-8", async () => {
    const command = ["/bin/sh", "-c", 'cat > /dev/null; printf \'{"text":"caf\\351"}\''];
    const error = await rejection(texts([], { command }).text(await textRequest(), NEVER));
    expect(error).toMatchObject({ code: "synthesis/not-a-text" });
  });

  it("takes secrets of the environment out of everything that a program says, however it spells them", async () => {
    const key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCY";
    const secret = { ...process.env, AWS_SECRET_ACCESS_KEY: key };
    const ask = async (answer: string) => {
      const settings = textSchema.parse(common(["say", answer], {}));
      return openCommandTexts(settings, secret)
        .text(await textRequest(), NEVER)
        .then((generated) => `${textOf(generated)} ${JSON.stringify(generated.details)}`)
        .catch((error: unknown) => (error as Error).message);
    };
    for (const answer of [
      { text: `Ada ${key}` },
      { text: "Ada", details: { used: key, [key]: [Buffer.from(key).toString("base64")] } },
      { refused: `no access with ${key}` },
      { file: `/none/${key}` },
    ]) {
      for (const spelled of [JSON.stringify(answer), JSON.stringify(answer).replaceAll("/", "\\/")]) {
        const said = await ask(spelled);
        expect(said).toContain("[key]");
        expect(said).not.toContain("wJalr");
        expect(said).not.toContain(Buffer.from(key).toString("base64").slice(0, 12));
      }
    }
  });

  it("charges nothing for a program that cannot be started", async () => {
    for (const changes of [
      { command: [join(folder, "none")] },
      { folder: join(folder, "none") },
      { command: ["a\0b"] },
    ]) {
      const error = await rejection(pictures([], changes).picture(pictureRequest(), NEVER));
      expect(error).toBeInstanceOf(NotAskedError);
      expect(error).toMatchObject({ code: "synthesis/command-failed" });
    }
  });

  it.runIf(POSIX)("ends program and children when the time is up, also stubborn ones", async () => {
    const written = join(folder, "stubborn.json");
    const generator = texts([], { ...stubborn(written), timeoutMs: 3000 });
    const error = await rejection(generator.text(await textRequest(), NEVER));
    expect(error).toMatchObject({ code: "synthesis/timeout", fault: "work" });
    for (const pid of await pidsIn(written)) await ended(pid);
  });

  it.runIf(POSIX)("ends program and children when the signal fires", async () => {
    const written = join(folder, "cancelled.json");
    const controller = new AbortController();
    const reason = new Error("enough");
    const generator = texts([], stubborn(written));
    const call = rejection(generator.text(await textRequest(), controller.signal));
    const pids = await pidsIn(written);
    controller.abort(reason);
    expect(await call).toBe(reason);
    for (const pid of pids) await ended(pid);
  });

  it.runIf(POSIX)("ends what a program leaves running", async () => {
    const written = join(folder, "left.json");
    const script = `sleep 1000 & echo "[$!]" > "${written}"; echo '{"text":"done"}'`;
    const generator = texts([], { command: ["/bin/sh", "-c", script] });
    expect(textOf(await generator.text(await textRequest(), NEVER))).toBe("done");
    for (const pid of await pidsIn(written)) await ended(pid);
  });

  it("starts nothing when the signal has fired already", async () => {
    const reason = new Error("enough");
    expect(await rejection(pictures(["json"]).picture(pictureRequest(), AbortSignal.abort(reason)))).toBe(
      reason,
    );
  });

  it("is identified by command, model and what the program is told", () => {
    const { identity } = texts(["json"], { instruction: "Say it." });
    expect(identity).toMatchObject({
      adapter: "command",
      model: "mine",
      settings: { command: [process.execPath, PROGRAM, "json"], instruction: "Say it." },
    });
  });
});

/** The process ids that the program writes down, as soon as they are there. */
async function pidsIn(path: string): Promise<number[]> {
  for (;;) {
    const text = existsSync(path) ? await readFile(path, "utf8") : "";
    if (text.endsWith("]\n")) return JSON.parse(text) as number[];
    await new Promise((done) => setTimeout(done, 5));
  }
}

/** Resolves when there is no such process any more; a test that waits too long for it fails. */
async function ended(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    // A process that has ended may wait for its parent to notice.
    const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    if (/\) [ZX] /.test(state)) return;
    await new Promise((done) => setTimeout(done, 5));
  }
}
