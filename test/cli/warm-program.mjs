// Runs one command line after the other in this process, which spares each the loading of the program. Requests come over descriptor 3, a line of JSON
// each: { args, cwd, env }; the answer is { code, stdout, stderr }.
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { runCommandLine } = await import(pathToFileURL(process.argv[2]).href);
const channel = new Socket({ fd: 3 });
const home = process.cwd();
const environment = { ...process.env };

/** Collects what is written to a stream instead of writing it. */
function collect(stream) {
  const chunks = [];
  stream.write = (chunk, encoding, callback) => {
    chunks.push(Buffer.from(chunk, typeof encoding === "string" ? encoding : undefined));
    const written = typeof encoding === "function" ? encoding : callback;
    if (written !== undefined) process.nextTick(written);
    return true;
  };
  return () => Buffer.concat(chunks).toString("utf8");
}

function setEnvironment(wanted) {
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(wanted, name)) delete process.env[name];
  Object.assign(process.env, wanted);
}

for await (const line of createInterface({ input: channel })) {
  const { args, cwd, env } = JSON.parse(line);
  const stdout = collect(process.stdout);
  const stderr = collect(process.stderr);
  process.chdir(cwd ?? home);
  setEnvironment({ ...environment, ...env });
  process.exitCode = undefined;
  const code = await runCommandLine(args);
  process.exitCode = undefined;
  channel.write(`${JSON.stringify({ code, stdout: stdout(), stderr: stderr() })}\n`);
}
