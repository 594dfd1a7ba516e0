// Prints the zod schemas of the npm package @camunda8/orchestration-cluster-api as JSON Schema: node zod.mjs FOLDER
// FOLDER is the installed package. Older releases keep the schemas in a chunk that does not export them.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const dist = path.resolve(process.argv[2], "dist");
const chunks = fs.readdirSync(dist).filter((name) => name.endsWith(".js"));
const text = (name) => fs.readFileSync(path.join(dist, name), "utf8");
const load = (name) => import(pathToFileURL(path.join(dist, name)));

const ofItsOwn = chunks.find((name) => name.startsWith("zod.gen"));
let schemas;
if (ofItsOwn) {
  schemas = await load(ofItsOwn);
} else {
  const chunk = chunks.find((name) => text(name).includes("zod_gen_exports"));
  fs.writeFileSync(path.join(dist, "_exporting.js"), `${text(chunk)}\nexport { zod_gen_exports };\n`);
  schemas = (await load("_exporting.js")).zod_gen_exports;
}

const { z } = createRequire(path.join(dist, "x.js"))("zod");
const found = {};
for (const [name, schema] of Object.entries(schemas)) {
  if (!schema?._zod) continue;
  found[name.replace(/^z/, "")] = z.toJSONSchema(schema, {
    io: "input",
    reused: "inline",
    unrepresentable: "any",
    // Zod reads such numbers as bigint; on the wire they are integers.
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === "bigint") jsonSchema.type = "integer";
    },
  });
}
console.log(JSON.stringify(found));
