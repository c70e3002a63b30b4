import { expect, test } from "vitest";
import { readLabelConfig } from "./label-config.ts";
import { parseXml } from "./xml.ts";

const CONFIG = `<?xml version="1.0"?>
<!-- people and places -->
<View>
  <Relations><Relation value="lives in"/><Relation value="knows &amp; likes"/></Relations>
  <Labels name="label" toName="text">
    <View><Label value="Person" alias="PER" background="red"/></View>
    <Label value='loc' />
  </Labels>
  <Header value="a &lt; b &#x1F600;"/>
  <Text name="text" value="$post.text"/>
  <Image name="image" value="$image"/>
  <Choices name="kind" toName="text"><Choice value="News"/></Choices>
</View>`;

test("The text, the picture and the labels of a configuration are found, wherever they are.", () => {
  const { text, picture, entities, categories, relations, notes } = readLabelConfig(CONFIG);
  expect(text).toEqual({ name: "text", field: "post.text" });
  expect(picture).toEqual({ name: "image", field: "image" });
  expect([entities?.name, categories?.name]).toEqual(["label", "kind"]);
  expect(relations?.nameOf("knows & likes")).toBe("knows & likes");
  expect(notes).toEqual([]);
});

test("A label is matched by value or alias, then without regard to capitals, and is written as its alias.", () => {
  const labels = readLabelConfig(CONFIG).entities?.labels;
  expect(
    ["PER", "Person", "person", "per", "LOC", "loc", "ORG"].map((label) => labels?.nameOf(label)),
  ).toEqual(["PER", "PER", "PER", "PER", "loc", "loc", undefined]);
});

test("The same name goes before one that differs in capitals.", () => {
  const xml = `<View><Labels name="l" toName="t"><Label value="LOC"/><Label value="loc"/></Labels><Text name="t" value="$t"/></View>`;
  expect(readLabelConfig(xml).entities?.labels.nameOf("loc")).toBe("loc");
});

test("Controls of other objects, and of single regions, are not filled, and what is left empty is said.", () => {
  const { entities, categories, notes } = readLabelConfig(
    `<View><Text name="a" value="$a"/><Text name="b" value="$b"/><Labels name="for-b" toName="b"/>
     <Labels name="one" toName="b,a"/><Labels name="two" toName="a"/><Choices name="c" toName="a" perRegion="true"/></View>`,
  );
  expect(entities?.name).toBe("one");
  expect(categories).toBeUndefined();
  expect(notes).toEqual([
    'the text "b" is not read: only the first one is, "a"',
    '<Labels name="two"> is left empty: only the first <Labels> of the text is filled',
  ]);
});

test.each([
  ["", "no element"],
  ["<View>", "does not end"],
  ["<View></Text>", "ends <Text>"],
  ["<View/><View/>", "second root"],
  ["<View><Text name=text/></View>", "line 1 is not well formed"],
  ['<View><Text name="a" name="b"/></View>', "twice"],
  ['<!DOCTYPE x [<!ENTITY a "aaa">]><View/>', "declares <!DOCTYPE>"],
  ['<View a="&a;"/>', "unknown entity &a;"],
  ['<View a="&#xD800;"/>', "unknown entity"],
  ["<View/>", "no <Text>"],
  [`${"<a>".repeat(200)}`, "inside each other"],
  [" ".repeat(1_000_001), "characters"],
])("%.40s is refused with its fault.", (xml, fault) => {
  expect(() => readLabelConfig(xml)).toThrow(fault);
});

test("Comments, CDATA and instructions are not elements, and a long attribute list takes no time.", () => {
  const root = parseXml(`<?a?><View><!-- <B/> --><![CDATA[<C/>]]><D x="1"/></View>`);
  expect(root.children.map(({ name }) => name)).toEqual(["D"]);
  const many = Array.from({ length: 20_000 }, (_, i) => `a${i}="${i}"`).join(" ");
  expect(parseXml(`<View ${many}/>`).attributes.size).toBe(20_000);
  expect(() => parseXml(`<View ${many} b=/>`)).toThrow("not well formed");
});
