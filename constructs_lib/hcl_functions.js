// In force in cdktf's renderer of HCL, see hcl_output.py: no module of its own, hcl_renderer.cjs appends it there.
/* global renderFuzzyJsonObject, renderOtherAttributes */
const ESCAPES = { "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t" };

// Where a template sequence that begins before `start` ends: after the brace that closes it.
function endOfSequence(text, start) {
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    if (text[i] === '"') {
      for (i++; i < text.length && text[i] !== '"'; i++) {
        if (text[i] === "\\") i++;
        else if (/^[$%]\{/.test(text.slice(i, i + 2))) i = endOfSequence(text, i + 2) - 1;
      }
    } else if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return i + 1;
  }
  return text.length;
}

function escapeQuotes(text) {
  let escaped = "";
  for (let i = 0; i < text.length; ) {
    const three = text.slice(i, i + 3);
    let end = i + 1;
    if (three === "$${" || three === "%%{") end = i + 3;
    else if (/^[$%]\{/.test(three)) end = endOfSequence(text, i + 2);
    const part = text.slice(i, end);
    escaped += ESCAPES[part] ?? part;
    i = end;
  }
  return escaped;
}

function renderString(text) {
  return typeof text === "string" ? '"' + escapeQuotes(text) + '"' : text;
}

function renderFuzzyJsonExpression(value) {
  if (typeof value === "string") return renderString(value);
  if (Array.isArray(value)) return ["[", ...value.map((v) => renderFuzzyJsonExpression(v) + ","), "]"].join("\n");
  return value !== null && typeof value === "object" ? renderFuzzyJsonObject(value) : String(value);
}

// What names something else in the configuration is no text.
const named = (value) => (Array.isArray(value) ? "[" + value.join(", ") + "]" : String(value));

// Of a type too deep for the bindings, such as a statement of a web ACL: blocks within blocks.
function renderBlocks(name, value) {
  const values = Array.isArray(value) ? value : [value];
  if (values.some((one) => one === null || typeof one !== "object")) {
    return name + " = " + renderFuzzyJsonExpression(value);
  }
  const inside = (one) => Object.entries(one).map(([key, part]) => renderBlocks(key, part));
  return values.map((one) => [name + " {", ...inside(one), "}"].join("\n")).join("\n");
}

// Of the bindings: a plan of AWS Backup has a block called lifecycle, which is not Terraform's own.
const typed = (attribute) => attribute !== null && typeof attribute === "object" && "storageClassType" in attribute;

function renderAttributes(attributes) {
  const { depends_on, lifecycle: first, provider, ...rest } = attributes ?? {};
  const [lifecycle, others] = typed(first) ? [undefined, { ...rest, lifecycle: first }] : [first, rest];
  const lines = [];
  if (provider) lines.push("provider = " + named(provider));
  for (const [name, attribute] of Object.entries(others)) {
    const untyped = attribute?.type === "simple" && attribute.value && typeof attribute.value === "object";
    lines.push(untyped ? renderBlocks(name, attribute.value) : renderOtherAttributes({ [name]: attribute }));
  }
  if (depends_on) lines.push("depends_on = " + named(depends_on));
  if (lifecycle) {
    const rules = Object.entries(lifecycle).filter(([, value]) => value !== undefined);
    lines.push("lifecycle {", ...rules.map(([name, value]) => name + " = " + named(value)), "}");
  }
  return lines.filter(Boolean).join("\n");
}
