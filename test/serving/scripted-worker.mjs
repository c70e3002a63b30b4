// A worker process without a model, for tests of the queue: it does what the text of each post says.
// Its folder holds model.json: { version, fails? }. It appends every text that it reads to the file `read` there.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => undefined);
process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));

let folder;
let reading = Promise.resolve();
let count = 0;

process.on("message", (message) => {
  if (message.kind === "load") {
    folder = message.folder;
    load();
  } else if (message.kind === "read") {
    reading = reading.then(() => read(message));
  } else {
    reading.then(() => process.exit(0));
  }
});

function load() {
  const { version, fails } = JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
  if (fails === undefined) {
    process.send({ kind: "ready", version, description: {} });
    return;
  }
  const details = { code: "data/bad-bundle", place: folder, remedy: "Export it again.", fault: "input" };
  const error = { name: "DataError", message: fails, stack: undefined, details };
  process.send({ kind: "cannot-load", error }, () => process.exit(1));
}

async function read({ batch, posts }) {
  const results = [];
  for (const { post } of posts) {
    appendFileSync(join(folder, "read"), `${post.text}\n`);
    const [what, value] = post.text.split(" ");
    if (what === "poison") process.kill(process.pid, "SIGKILL");
    if (what === "hang") for (;;);
    if (what === "sleep") await sleep(Number(value));
    if (what === "gate") while (!existsSync(join(folder, value))) await sleep(5);
    const note = { code: "extract/text-cut", message: `${count++}`, value: batch };
    const extraction = {
      entities: [],
      relations: [],
      offsets: "utf-16",
      visual: "none",
      calibrated: false,
      notes: [note],
    };
    results.push({ extraction });
  }
  process.send({ kind: "answers", batch, results, readMs: 1 });
}
