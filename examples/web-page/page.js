// A page that finds entities and relations without a server: loads an exported model from the folder beside it, and shows what it finds.
import { load } from "relata/web";

const at = (id) => document.getElementById(id);
const MODEL = "./model/"; // written by: relata export --web <bundle> model

try {
  const model = await load(MODEL, {
    onProgress: ({ loaded, total }) => {
      at("progress").value = total > 0 ? loaded / total : 0;
    },
  });
  at("loading").textContent = `The model is ready: it knows ${model.entityTypes.join(", ")}.`;
  at("progress").hidden = true;
  at("post").hidden = false;
  at("with-picture").hidden = !model.sees.pictures;
  at("about").hidden = false;
  const facts = [
    `runs on ${model.device === "webgpu" ? "the GPU" : "the processor"}, threads: ${model.threads}`,
    ...model.notices,
  ];
  at("notices").replaceChildren(...facts.map((fact) => element("li", fact)));
  at("post").addEventListener("submit", (event) => {
    event.preventDefault();
    void find(model);
  });
} catch (error) {
  at("loading").hidden = true;
  at("progress").hidden = true;
  fail(error);
}

async function find(model) {
  const text = at("text").value;
  const [picture] = at("picture").files;
  at("failure").hidden = true;
  try {
    const found = await model.extract({
      text,
      ...(picture && model.sees.pictures ? { image: picture } : {}),
    });
    at("marked").replaceChildren(...marked(text, found.entities));
    at("relations").replaceChildren(...found.relations.map(row));
    at("picture-state").textContent = found.visualError
      ? `The picture was not used: ${found.visualError.message}.`
      : "";
    at("found").hidden = false;
  } catch (error) {
    fail(error);
  }
}

/** The text with its entities marked; where some overlap, the first one. */
function marked(text, entities) {
  const parts = [];
  let end = 0;
  for (const entity of entities) {
    if (entity.start < end) continue;
    const mark = element("mark", text.slice(entity.start, entity.end));
    mark.append(element("small", `${entity.label} ${percent(entity.probability)}`));
    parts.push(text.slice(end, entity.start), mark);
    end = entity.end;
  }
  return [...parts, text.slice(end)];
}

function row({ headText, label, tailText, probability }) {
  const cells = [headText, label, tailText, percent(probability)].map((content) => element("td", content));
  const line = element("tr", "");
  line.replaceChildren(...cells);
  return line;
}

/** Content is always text: nothing that a post contains becomes a part of the page. */
function element(name, content) {
  const made = document.createElement(name);
  made.textContent = content;
  return made;
}

function percent(probability) {
  return `${Math.round(100 * probability)} %`;
}

function fail(error) {
  at("failure").textContent =
    error.remedy === undefined ? String(error) : `${error.message}. ${error.remedy}`;
  at("failure").hidden = false;
}
