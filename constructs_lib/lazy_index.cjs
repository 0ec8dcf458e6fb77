// Preloaded into jsii's Node process by lazy_bindings.py. Loads later what a synth may never use.
"use strict";
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");

// Where the AWS bindings' eager index.js would be loaded, load the lazy-index.js that lies beside it:
// the same exports, each required when it is first used.
const EAGER = path.join("@cdktf", "provider-aws", "lib", "index.js");
const resolveFilename = Module._resolveFilename;

Module._resolveFilename = function (...args) {
  const file = resolveFilename.apply(this, args);
  if (!file.endsWith(EAGER)) return file;
  const lazy = path.join(path.dirname(file), "lazy-index.js");
  return fs.existsSync(lazy) ? lazy : file;
};

// cdktf requires `archiver` (a quarter of its loading time) for assets that are zipped, and calls it only then.
const ZIPPER = path.join("cdktf", "lib", "private", "fs.js");
const load = Module._load;

Module._load = function (request, parent, ...rest) {
  if (request === "archiver" && parent?.filename?.endsWith(ZIPPER)) {
    return (...args) => load.call(this, request, parent, ...rest)(...args);
  }
  return load.call(this, request, parent, ...rest);
};
