import { expect, test } from "vitest";
import { testApp } from "../testing/serve-app.ts";
import { labelStudioDoor } from "./label-studio.ts";

const doors = [labelStudioDoor];

/** Predictions, or the answer of another route, or a problem. */
interface Answer {
  readonly results: readonly { readonly result: readonly unknown[] }[];
  readonly notes: readonly string[];
  readonly model_version: string;
}

const CONFIG = `<View>
  <Relations><Relation value="Next to"/></Relations>
  <Labels name="label" toName="text"><Label value="Name"/></Labels>
  <Text name="text" value="$text"/>
  <Image name="image" value="$image"/>
</View>`;

async function post(app: ReturnType<typeof testApp>, path: string, body: unknown, headers = {}) {
  const response = await app.app.request(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

/** What Label Studio sends besides tasks. */
const AROUND = {
  project: "7.1790000000",
  label_config: CONFIG,
  params: { login: null, password: null, context: null },
};

const task = (data: object, id = 1) => ({ id, data, annotations: [], predictions: [], project: 7 });

test("A task's entities and relations come back in the project's names, with offsets in code points.", async () => {
  const made = testApp({ doors });
  const { status, body } = await post(made, "/predict", {
    ...AROUND,
    tasks: [task({ text: "😀 Ada met Bo" })],
  });
  expect(status).toBe(200);
  expect(body.model_version).toBe("posts 0123456789ab");
  expect(body.notes).toEqual([]);
  expect(body.results).toEqual([
    {
      model_version: "posts 0123456789ab",
      score: expect.closeTo((0.75 + 0.75 + 0.5) / 3, 6),
      result: [
        {
          id: "entity-1",
          from_name: "label",
          to_name: "text",
          type: "labels",
          value: { start: 2, end: 5, text: "Ada", labels: ["Name"] },
          score: 0.75,
        },
        {
          id: "entity-2",
          from_name: "label",
          to_name: "text",
          type: "labels",
          value: { start: 10, end: 12, text: "Bo", labels: ["Name"] },
          score: 0.75,
        },
        {
          type: "relation",
          from_id: "entity-1",
          to_id: "entity-2",
          direction: "right",
          labels: ["Next to"],
          score: 0.5,
        },
      ],
    },
  ]);
});

test("Labels without a counterpart are left out with their relations, counted and said.", async () => {
  const made = testApp({ doors });
  const config = CONFIG.replace('"Name"', '"Person"');
  const tasks = [task({ text: "Ada met Bo" }), task({ text: "Cy" }, 2)];
  const { body } = await post(made, "/predict", { ...AROUND, label_config: config, tasks });
  expect(body.results.map(({ result }) => result)).toEqual([[], []]);
  expect(body.notes).toEqual([
    'entities are left out, because the labeling configuration has no <Label> of their name: "NAME" (3)',
    "relations are left out with their mentions: 1",
  ]);
  expect(made.lines.filter((line) => line.includes("label studio prediction"))).toHaveLength(2);
});

test("A picture is read from a data URL; one that may not be fetched is said, and its text is read.", async () => {
  const made = testApp({ doors });
  const png =
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";
  const tasks = [
    task({ text: "Ada", image: png }),
    task({ text: "Bo", image: "https://example.org/a.png" }, 2),
    task({ text: "Cy", image: "/data/upload/1/a.png" }, 3),
    task({ text: "Di", image: null }, 4),
  ];
  const { body } = await post(made, "/predict", { ...AROUND, tasks });
  expect(body.results.map(({ result }) => result.length)).toEqual([1, 1, 1, 1]);
  expect(
    made.service.jobs.filter(({ post }) => post.image !== undefined).map(({ post }) => post.text),
  ).toEqual(["Ada"]);
  expect(body.notes).toEqual([
    expect.stringContaining('tasks[2] is read without its picture: "/data/upload/1/a.png"'),
    expect.stringMatching(/tasks\[1\] was read without its picture: .*serving\/picture-url-refused/),
  ]);
});

test("A task without a text has an empty prediction, and the others have theirs.", async () => {
  const made = testApp({ doors });
  const tasks = [task({ body: "Ada" }), task({ text: "Bo" }, 2)];
  const { status, body } = await post(made, "/predict", { ...AROUND, tasks });
  expect(status).toBe(200);
  expect(body.results.map(({ result }) => result.length)).toEqual([0, 1]);
  expect(body.notes).toEqual(['tasks[0] has no prediction: its data has no text "text"']);
});

test("Setting up a project names the model and what it has no label for.", async () => {
  const made = testApp({ doors });
  const { status, body } = await post(made, "/models/second/setup", {
    project: "7.1790000000",
    schema: CONFIG.replace('"Next to"', '"near"'),
    hostname: "http://localhost:8080",
    access_token: "secret-of-label-studio",
    extra_params: null,
  });
  expect(status).toBe(200);
  expect(body).toEqual({
    model_version: "second 0123456789ab",
    notes: ['the labeling configuration has no <Relation> for "next to": left out of predictions'],
  });
  expect(made.lines.join("")).not.toContain("secret-of-label-studio");
});

test("Health and versions name the model, and health fails while no worker answers.", async () => {
  const made = testApp({ doors });
  const get = async (path: string) => {
    const response = await made.app.request(path);
    return { status: response.status, body: await response.json() };
  };
  expect(await get("/health")).toEqual({
    status: 200,
    body: { status: "UP", model_class: "relata", model_version: "posts 0123456789ab" },
  });
  expect((await get("/models/second/versions")).body).toEqual({ versions: ["second 0123456789ab"] });
  made.service.isLoaded = false;
  expect((await get("/health")).status).toBe(503);
  expect((await get("/models/other/health")).status).toBe(503);
});

test("An event is acknowledged and logged, and nothing of it but its action and project.", async () => {
  const made = testApp({ doors });
  const event = {
    action: "ANNOTATION_CREATED",
    project: { id: 7, title: "a\nforged line" },
    annotation: { id: 3 },
  };
  expect(await post(made, "/webhook", event)).toEqual({ status: 201, body: { status: "logged" } });
  const line = made.lines.find((one) => one.includes("label studio event"));
  expect(line).toContain("action=ANNOTATION_CREATED project=7");
  expect(made.lines.join("")).not.toContain("forged");
});

test("A configuration that cannot be read is refused with its fault.", async () => {
  const { status, body } = await post(testApp({ doors }), "/predict", {
    ...AROUND,
    label_config: "<View>",
    tasks: [task({ text: "Ada" })],
  });
  expect(status).toBe(422);
  expect(body).toMatchObject({
    code: "serving/bad-label-config",
    detail: expect.stringContaining("<View> does not end"),
  });
});

test("The password of basic authentication is the token: Label Studio can send nothing else.", async () => {
  const made = testApp({ doors, tokens: ["0123456789abcdef"] });
  const ask = (password: string) =>
    post(
      made,
      "/setup",
      {},
      { authorization: `Basic ${Buffer.from(`anyone:${password}`).toString("base64")}` },
    );
  expect((await ask("0123456789abcdef")).status).toBe(200);
  expect((await ask("0123456789abcdeg")).status).toBe(401);
  expect((await post(made, "/setup", {})).status).toBe(401);
});
