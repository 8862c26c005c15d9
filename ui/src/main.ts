// The window's start: styles, then the page, then what Rust says.

import { mount } from "svelte";
import App from "./App.svelte";
import { desk } from "./state/desk.svelte";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/components.css";
import "./styles/window.css";

void desk.open();
mount(App, { target: document.body });
