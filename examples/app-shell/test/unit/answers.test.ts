import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal } from "../../src/api/http.js";
import { query } from "../../src/api/query.js";
import { isMissingFeature, Refusal, sentence } from "../../src/api/refusal.js";

test("a refusal is told in a sentence, whatever the answer was", () => {
    assert.equal(sentence(refusal(403, '{"error":"forbidden"}', null)), "You are not allowed to do that.");
    assert.equal(
        sentence(refusal(400, '{"error":"invalid_request","detail":"the name is too long"}', null)),
        "The name is too long.",
    );
    assert.equal(sentence(refusal(502, "<html>", null)), "The server refused that (502).");
    assert.equal(sentence(refusal(418, '{"error":"teapot"}', null)), "The server refused that (teapot).");
    assert.equal(sentence(new TypeError("x")), "Something went wrong on this page.");
});

test("a wait is taken over, if it is one", () => {
    assert.equal(refusal(429, "{}", "5").retryAfterSecs, 5);
    assert.equal(refusal(429, "{}", "soon").retryAfterSecs, undefined);
});

test("a server that lacks a feature is told from one that refuses", () => {
    assert.deepEqual(
        [404, 405, 503, 403, 0].map((status) => isMissingFeature(new Refusal(status, ""))),
        [true, true, true, false, false],
    );
});

test("queries leave out what is undefined", () => {
    assert.equal(query({ a: 1, b: undefined, c: "x y&z" }), "?a=1&c=x+y%26z");
    assert.equal(query({ a: undefined }), "");
});
