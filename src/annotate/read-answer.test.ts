import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAnswer } from "./read-answer.ts";

const ANSWER = '{"entities":[{"id":1,"text":"Ada","label":"person","start":7}],"relations":[]}';

/** The mentions' texts, or why there are none. */
function read(text: string) {
  const answer = readAnswer(text);
  return answer.state === "read" ? answer.mentions.map((mention) => mention.text) : answer.why;
}

describe("reading a model's answer", () => {
  it.each([
    ["alone", ANSWER],
    ["in a code fence", `\`\`\`json\n${ANSWER}\n\`\`\``],
    ["in sentences with brackets", `Here [as asked] is {it}: ${ANSWER} Is "that" all?`],
    ["after thoughts that hold JSON", `<think>{"entities":[]}</think>${ANSWER}`],
    ["in a wrapper", `{"result":${ANSWER}}`],
    ["as a bare list", '[{"text":"Ada","type":"person"}]'],
    ["as a list of one answer", `[${ANSWER}]`],
  ])("finds it %s", (_, text) => {
    expect(read(text)).toEqual(["Ada"]);
  });

  it.each([
    ["of an answer that is cut off inside a mention", ANSWER.slice(0, 40), "cut-off"],
    ["of an answer that is cut off after the mentions", ANSWER.slice(0, -4), "cut-off"],
    ["of JSON about something else", '{"weather":"fine"}', "other-shape"],
    ["of prose", "There are no entities here.", "no-json"],
    ["of thoughts without an end", `<think>so ${ANSWER}`, "thoughts"],
    ["of an endless text", "[".repeat(600_000), "too-long"],
  ])("says why nothing can be taken %s", (_, text, why) => {
    expect(read(text)).toBe(why);
  });

  it("takes the items of the right shape and counts the others", () => {
    const answer = readAnswer(
      '{"entities":[{"text":"Ada","label":"person","occurrence":"2","context":" "},{"text":5,"label":"x"},"Bo",null],"relations":[{"head":1,"tail":"Ada","label":"knows"},{"head":{"id":1},"tail":{"text":"Bo"},"label":"knows"},{"head":null,"tail":1,"label":"x"}]}',
    );
    expect(answer).toEqual({
      state: "read",
      mentions: [{ id: undefined, text: "Ada", label: "person", occurrence: 2, context: undefined }],
      relations: [
        { head: "1", tail: "Ada", label: "knows" },
        { head: "1", tail: "Bo", label: "knows" },
      ],
      malformed: 4,
    });
  });

  it("reads or refuses any text without failing", () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(ANSWER, "{", "[", '"', "}", "]", "```", "<think>", '"entities"', ":"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        expect(["read", "unreadable"]).toContain(readAnswer(pieces.join("")).state);
      }),
    );
  });
});
