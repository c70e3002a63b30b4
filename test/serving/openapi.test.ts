// The OpenAPI document: valid by a published validator, complete, and true of what the server answers.
import { afterAll, expect, it } from "vitest";
import { testApp } from "../../src/serving/testing/serve-app.ts";

interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}
interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}
interface Validating {
  readonly Validator: new () => {
    validate(document: object): Promise<{ readonly valid: boolean; readonly errors?: unknown }>;
  };
}

const made = testApp();
afterAll(() => made.close());
const read = async () => (await (await made.app.request("/openapi.json")).json()) as OpenApi;

it("is valid by a published validator", async () => {
  const name: string = "@seriousme/openapi-schema-validator";
  const { Validator } = (await import(name)) as Validating;
  const validator = new Validator();
  expect(await validator.validate(await read())).toMatchObject({ valid: true });
  // The validator would say so.
  const broken = { ...(await read()), paths: { "/x": { get: { responses: { 700: {} } } } } };
  expect(await validator.validate(broken)).toMatchObject({ valid: false });
});

it("has every route of the app, with the problems that it answers", async () => {
  const { paths } = await read();
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routes = made.app.routes
    .filter(({ method, path }) => method !== "ALL" && path !== "/")
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  expect(described.sort()).toEqual([...new Set(routes)].sort());
  for (const [path, methods] of Object.entries(paths)) {
    for (const { responses, security } of Object.values(methods)) {
      const isOpen = security?.length === 0;
      const statuses = Object.keys(responses);
      expect(statuses, path).toEqual(
        expect.arrayContaining(isOpen ? ["400", "500"] : ["400", "401", "500", "503"]),
      );
      for (const [status, { content = {} }] of Object.entries(responses))
        if (Number(status) >= 400)
          expect(Object.keys(content), `${path} ${status}`).toEqual(["application/problem+json"]);
    }
  }
});

it("names the functions of generated clients, each once", async () => {
  const { paths } = await read();
  const names = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  expect(new Set(names).size).toBe(names.length);
});
