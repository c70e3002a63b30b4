// Starts the page.
import { render } from "preact";
import { App } from "./shell/app.tsx";
import { applyTheme, savedTheme } from "./shell/theme.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/annotated.css";
import "./styles/try.css";
import "./styles/correct.css";
import "./styles/batch.css";
import "./styles/runs.css";

applyTheme(savedTheme());
const root = document.getElementById("page");
if (root === null) throw new Error("index.html has no element with the id page");
render(<App />, root);
