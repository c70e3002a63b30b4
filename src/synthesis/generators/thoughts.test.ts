import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { saidText } from "./thoughts.ts";

const POST = "Ann and Bo in front of the orange wall!";

describe("saidText", () => {
  test.each<[string, string]>([
    ["in tags", `<think>\nA post that names "Ann" and "Bo" ...\n</think>\n\n${POST}`],
    ["in tags of another name", `<thinking>hm</thinking>${POST}`],
    ["in tags in capitals, with attributes and blanks", `< Reasoning time="3">hm</ Reasoning >\n${POST}`],
    ["without the opening tag, which the template wrote", `Ann is on the left.\n</think>\n${POST}`],
    ["that name the closing tag themselves", `<think>I must write </think> last.</think>${POST}`],
    ["that name the opening tag themselves", `<think>They said <think>, so</think>${POST}`],
    ["twice", `<think>one</think>\n<think>two</think>\n${POST}`],
    ["in square brackets", `[THINK]Ann, Bo.[/THINK]${POST}`],
    ["as an entity of HTML", `&lt;think&gt;hm&lt;/think&gt;${POST}`],
    ["in a fold", `<details type="reasoning" done="true"><summary>2 s</summary>hm</details>${POST}`],
    ["in Gemma's marks", `<|channel>thought\nhm<channel|>${POST}`],
    ["in Kimi's marks", `◁think▷hm◁/think▷${POST}`],
    ["in Cohere's marks", `<|START_THINKING|>hm<|END_THINKING|>${POST}`],
    [
      "in a channel",
      `<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>${POST}<|return|>`,
    ],
    [
      "in a channel whose end was taken off",
      `<|channel|>analysis<|message|>hm<|end|><|channel|>final<|message|>${POST}`,
    ],
    ["in channels without their marks", `analysisWe need a post.assistantfinal${POST}`],
    ["around marks of the answer", `<think>hm</think><answer>${POST}</answer>`],
  ])("takes off thoughts %s", (_, said) => {
    const { text, removed } = saidText(said, "here");
    expect(text).toBe(POST);
    expect(removed?.thoughts).toBeGreaterThan(0);
  });

  test.each<[string, string]>([
    ["a tag", "<think>Ann is on the left, and Bo"],
    ["a tag behind a few words", "Sure. <think>Ann is on the left"],
    ["square brackets", "[THINK]Ann is on the left"],
    ["a channel", "<|channel|>analysis<|message|>Ann is on the left"],
    ["a second tag", "<think>one</think><think>two"],
  ])("says that thoughts in %s have no end", (_, said) => {
    expect(() => saidText(said, "here")).toThrow(
      expect.objectContaining({ code: "synthesis/text-cut-off", fault: "work" }),
    );
  });

  test.each<[string, string, string]>([
    ["a code fence", `\`\`\`text\n${POST}\n\`\`\``, "code fence"],
    ["quotes", `"${POST}"`, "quotes"],
    ["typographic quotes", `“${POST}”`, "quotes"],
    ["marks of an answer", `<answer>\n${POST}\n</answer>`, "answer marks"],
  ])("takes off %s around the whole and says so", (_, said, what) => {
    expect(saidText(said, "here")).toEqual({ text: POST, removed: { wrapping: [what] } });
  });

  test("takes off what ends a message", () => {
    expect(saidText(`${POST}<|im_end|>\n<|im_start|>user`, "here").text).toBe(POST);
    expect(saidText(`${POST}</s>`, "here").text).toBe(POST);
    expect(saidText(`${POST}<|end|><|start|>assistant`, "here").text).toBe(POST);
  });

  test.each([
    'Ann said "hi" to Bo',
    '"hi" said Ann, "ho" said Bo and left with "them"',
    "Here is the post: Ann and Bo",
    "I think </b> Ann <i>is</i> 3 < 4",
    "Ann [THINKING] of Bo's <thinkpad>".replace("[THINKING]", "(thinking)"),
    "use ```code``` here",
    "analysis of Ann and Bo",
    '"',
    '""',
  ])("leaves a text alone that has none of it: %s", (said) => {
    expect(saidText(said, "here")).toEqual({ text: said });
  });

  test("leaves every text alone that holds no mark, except white space around it", () => {
    const plain = fc
      .string({ unit: "grapheme" })
      .filter((text) => !/[<[◁`"“„«&]|^\s*(analysis|commentary)/.test(text));
    fc.assert(
      fc.property(plain, (text) => {
        expect(saidText(text, "here")).toEqual({ text: text.trim() });
      }),
    );
  });
});
