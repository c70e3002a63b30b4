import { describe, expect, test } from "vitest";
import { holdsPicture, pictureAnswerSchema, readPictureAnswer } from "./picture-answer.ts";

const BASE64 = "iVBORw0KGgo=";
const placeOf = (json: unknown) => readPictureAnswer(pictureAnswerSchema.parse(json)).place;

describe("readPictureAnswer", () => {
  test.each<[string, unknown]>([
    ["OpenAI's field", { data: [{ b64_json: BASE64 }] }],
    ["its field beside an empty address", { data: [{ b64_json: BASE64, url: "" }] }],
    ["its field beside null", { data: [{ url: null, b64_json: BASE64, revised_prompt: null }] }],
    ["the second item, where the first is empty", { data: [{ b64_json: "" }, { b64_json: BASE64 }] }],
    ["an object in place of the list", { data: { b64_json: BASE64 } }],
    ["a list of texts", { images: [BASE64] }],
    ["another name", { images: [{ base64: BASE64 }], data: null }],
    ["the output", { output: [{ type: "image_generation_call", result: BASE64 }] }],
  ])("finds Base64 in %s", (_, json) => {
    expect(placeOf(json)).toEqual({ base64: BASE64 });
    expect(holdsPicture(json)).toBe(true);
  });

  test.each<[string, unknown]>([
    ["the address", { data: [{ url: `data:image/webp;base64,${BASE64}` }] }],
    ["the Base64", { data: [{ b64_json: `data:image/webp;base64,${BASE64}` }] }],
    [
      "a chat's message",
      {
        choices: [
          { message: { content: "", images: [{ image_url: { url: `data:image/webp;base64,${BASE64}` } }] } },
        ],
      },
    ],
  ])("finds a data URL instead of %s", (_, json) => {
    expect(placeOf(json)).toEqual({ base64: `data:image/webp;base64,${BASE64}` });
  });

  test.each<[string, unknown]>([
    ["an empty Base64", { data: [{ b64_json: "", url: "https://host/a.png" }] }],
    ["null", { data: [{ b64_json: null, url: "https://host/a.png" }] }],
    ["itself in the Base64's place", { data: [{ b64_json: "https://host/a.png" }] }],
    [
      "nothing, as the server's files",
      { images: [{ url: "https://host/a.png", content_type: "image/png" }] },
    ],
  ])("finds an address beside %s", (_, json) => {
    expect(placeOf(json)).toEqual({ url: "https://host/a.png" });
  });

  test.each<unknown>([
    {},
    { data: [] },
    { data: [{}] },
    { data: [null] },
    { data: [{ url: "", b64_json: null }] },
  ])("finds nothing in %j", (json) => {
    expect(placeOf(json)).toBeUndefined();
    expect(holdsPicture(json)).toBe(false);
  });

  test("knows that a picture is withheld", () => {
    for (const json of [
      { data: [{ b64_json: BASE64, nsfw_content_detected: true }] },
      { images: [BASE64], has_nsfw_concepts: [false, true] },
      { data: [{ finish_reason: "content_filter" }] },
    ]) {
      expect(readPictureAnswer(pictureAnswerSchema.parse(json)).isWithheld).toBe(true);
      expect(holdsPicture(json)).toBe(true);
    }
  });
});
