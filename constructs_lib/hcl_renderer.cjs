// Preloaded into jsii's Node process where HCL is synthesized, see hcl_output.py.
"use strict";
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");

const RENDERER = path.join("cdktf", "lib", "hcl", "render.js");
const FUNCTIONS = path.join(__dirname, "hcl_functions.js");
const compile = Module.prototype._compile;

// Of two function declarations of one name the later one is in force, for all that call it.
Module.prototype._compile = function (content, filename, ...rest) {
  const mended = filename.endsWith(RENDERER)
    ? content.replace("function renderAttributes(", "function renderOtherAttributes(") +
      "\n" +
      fs.readFileSync(FUNCTIONS, "utf8")
    : content;
  return compile.call(this, mended, filename, ...rest);
};
