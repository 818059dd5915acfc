import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

/** Where the server of `npm run dev` finds a Filament server. */
const SERVER = process.env.FILAMENT_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
    plugins: [solid()],
    build: {
        target: "es2022",
        // The policy of HTTP-21 allows no inline script, and needs no data: address for what is a file anyway.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
    },
    server: {
        proxy: {
            "/api": SERVER,
            "/gateway": { target: SERVER, ws: true },
        },
    },
});
