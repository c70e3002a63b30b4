// A program for the tests of the command adapter: answers as its first argument says.
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [how, extra] = process.argv.slice(2);
let text = "";
for await (const chunk of process.stdin) text += chunk;
const input = JSON.parse(text);

/** "Paints" the picture that the second argument names. */
function paint() {
  const file = join(input.folder, "picture.png");
  copyFileSync(extra, file);
  return file;
}

switch (how) {
  case "json":
    if (input.kind === "picture")
      console.log(JSON.stringify({ file: paint(), details: { seed: input.seed, prompt: input.prompt } }));
    else
      console.log(JSON.stringify({ text: `${input.mentions.join(" with ")}, ${input.instruction.length}` }));
    break;
  case "backwards": {
    const { text, mentions, spans } = input;
    const said = ` ${mentions[1]} sees ${mentions[0]}\n`;
    if (text.slice(...spans[0]) !== mentions[0]) process.exit(65);
    const places = mentions.map((one) => [said.indexOf(one), said.indexOf(one) + one.length]);
    console.log(JSON.stringify({ text: said, spans: places, details: { mentions, spans } }));
    break;
  }
  case "path":
    if (input.kind === "picture") console.log(paint());
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
  default:
    process.exit(64);
}
