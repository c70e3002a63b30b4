import { describe, expect, it } from "vitest";
import { withExactId } from "./exact-ids.ts";
import { ExtraFields } from "./extra-fields.ts";
import { parseDocument } from "./parse-document.ts";

const row = (fields: object) => ({ id: "1", text: "Ann", entities: [], ...fields });
const read = (value: unknown) => {
  const extra = new ExtraFields();
  const { value: document, defects } = parseDocument(value, "f:1", { extra });
  return { document, codes: defects.map(({ code }) => code), extra };
};

describe("fields that documents do not have", () => {
  it("are kept in meta, beside what is there, and named once", () => {
    const { document, extra } = read(
      row({ likes: 3, user: { name: "bo" }, meta: { source: "x" }, empty: null }),
    );
    expect(document?.meta).toEqual({ source: "x", likes: 3, user: { name: "bo" } });
    expect(extra.defects()).toMatchObject([
      { code: "data/kept-in-meta", message: "fields kept in meta: likes, user" },
    ]);
    const again = read({ ...document });
    expect(again.document).toEqual(document);
    expect(again.extra.defects()).toEqual([]);
  });

  it("get an underscore where meta has the name, or relata reads it there", () => {
    const { document, extra } = read(
      row({ source: "a", tokens: ["Ann"], offsets: "utf-8", meta: { source: "b", source_: 1 } }),
    );
    expect(document?.meta).toEqual({
      source: "b",
      source_: 1,
      source__: "a",
      tokens_: ["Ann"],
      offsets_: "utf-8",
    });
    expect(extra.describe()).toBe("source as source__, tokens as tokens_, offsets as offsets_");
  });

  it("are errors if they are nearly a field whose loss would go unnoticed", () => {
    for (const name of ["imgae", "Image", "images", "relation", "realtions"])
      expect([name, read(row({ [name]: "x.jpg" })).codes]).toEqual([name, ["data/unknown-field"]]);
    for (const name of ["page", "usage", "data", "uid", "date"])
      expect([name, read(row({ [name]: 1 })).document?.meta]).toEqual([name, { [name]: 1 }]);
    expect(read(row({ image: "a.jpg", images: ["b.jpg"] })).document).toMatchObject({
      image: "a.jpg",
      meta: { images: ["b.jpg"] },
    });
  });

  it("name a picture: `picture` is read as image, other names are asked about", () => {
    const { document, extra } = read(row({ picture: "a.jpg" }));
    expect(document).toMatchObject({ image: "a.jpg" });
    expect(document?.meta).toBeUndefined();
    expect(extra.defects()).toMatchObject([{ code: "data/picture-field", value: 1 }]);
    expect(read(row({ image: "a.jpg", picture: "b.jpg" })).document).toMatchObject({
      image: "a.jpg",
      meta: { picture: "b.jpg" },
    });
    const photo = read(row({ photo: "a.jpg" }));
    expect(photo.document?.meta).toEqual({ photo: "a.jpg" });
    expect(photo.extra.describe()).toBe('photo (did you mean "image"?)');
  });

  it("keep every digit of large numbers", () => {
    const json = '{"id":7,"user_id":1234567890123456789,"score":0.5,"likes":3}';
    expect(withExactId(JSON.parse(json), json)).toEqual({
      id: "7",
      user_id: "1234567890123456789",
      score: 0.5,
      likes: 3,
    });
  });
});
