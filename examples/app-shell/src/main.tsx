/**
 * The beginning: styles, theme, and the application in its place.
 */

import "./style/tokens.css";
import "./style/base.css";
import "./style/parts.css";
import "./style/overlays.css";
import "./style/rails.css";
import "./style/places.css";
import "./style/frame.css";
import "./style/composer.css";
import "./style/channel.css";
import "./style/settings.css";
import { render } from "solid-js/web";
import { App } from "./app.js";
import { showTheme } from "./part/theme.js";

showTheme();
render(() => <App />, document.getElementById("app") as HTMLElement);
