// Preloaded into jsii's Node process by lazy_bindings.py.
// Where the AWS bindings' eager index.js would be loaded, load the lazy-index.js that lies beside it:
// the same exports, each required when it is first used.
"use strict";
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");

const EAGER = path.join("@cdktf", "provider-aws", "lib", "index.js");
const resolveFilename = Module._resolveFilename;

Module._resolveFilename = function (...args) {
  const file = resolveFilename.apply(this, args);
  if (!file.endsWith(EAGER)) return file;
  const lazy = path.join(path.dirname(file), "lazy-index.js");
  return fs.existsSync(lazy) ? lazy : file;
};
