// A program for the tests of the command adapter: answers as its first argument says.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";

const [how, extra] = process.argv.slice(2);
let text = "";
for await (const chunk of process.stdin) text += chunk;
const input = JSON.parse(text);

async function paint() {
  const fields = createHash("sha512").update(`${input.seed} ${input.prompt}`).digest().subarray(0, 48);
  const picture = sharp(fields, { raw: { width: 4, height: 4, channels: 3 } }).resize(64, 64, {
    kernel: "nearest",
  });
  const file = join(input.folder, "picture.png");
  await picture.png().toFile(file);
  return file;
}

switch (how) {
  case "json":
    if (input.kind === "picture")
      console.log(JSON.stringify({ file: await paint(), details: { seed: input.seed } }));
    else
      console.log(JSON.stringify({ text: `${input.mentions.join(" with ")}, ${input.instruction.length}` }));
    break;
  case "path":
    if (input.kind === "picture") console.log(await paint());
    else {
      writeFileSync(join(input.folder, "answer.txt"), "Ada waves\n");
      console.log("answer.txt");
    }
    break;
  case "say":
    console.log(extra);
    break;
  case "refuse":
    console.log(JSON.stringify({ refused: "not this one" }));
    break;
  case "fail":
    console.error(`out of memory; key is ${process.env.TEST_API_KEY}`);
    process.exit(3);
    break;
  case "crash":
    process.kill(process.pid, "SIGSEGV");
    break;
  case "flood": {
    const more = () => {
      while (process.stdout.write(" ".repeat(65_536)));
    };
    process.stdout.on("drain", more);
    more();
    break;
  }
  case "stubborn": {
    // Ignores the friendly end, as does the child that it starts; both write down who they are.
    process.on("SIGTERM", () => undefined);
    const child = spawn(process.execPath, [
      "-e",
      "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)",
    ]);
    writeFileSync(extra, JSON.stringify([process.pid, child.pid]));
    setInterval(() => undefined, 1000);
    break;
  }
  case "leave-child": {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
    child.unref();
    writeFileSync(extra, JSON.stringify([child.pid]));
    console.log(JSON.stringify({ text: "done" }));
    process.exit(0);
    break;
  }
  default:
    process.exit(64);
}
