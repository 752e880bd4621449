// Compiles every `<name>/<Name>.sol` of this folder with solc-js and writes `<name>/<Name>.json`:
//
//   { "contractName", "abi", "bytecode": { "object" }, "deployedBytecode": { "object" } }
//
//   npm ci && node build.mjs            write the artefacts
//   npm ci && node build.mjs --check    write nothing, fail when a committed artefact differs
//
// The compiler and the libraries are pinned in package-lock.json; the output is the same bytes on every machine.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const solc = require("solc");
const here = dirname(fileURLToPath(import.meta.url));
const check = process.argv.includes("--check");

/** All `<name>/<Name>.sol` paths, relative to this folder, sorted. */
function sources() {
  return readdirSync(here, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
    .flatMap((entry) => readdirSync(join(here, entry.name)).map((file) => `${entry.name}/${file}`))
    .filter((path) => path.endsWith(".sol"))
    .sort();
}

/** solc asks for `@openzeppelin/...` here; everything else it already has. */
function resolveImport(path) {
  const file = join(here, "node_modules", path);
  return existsSync(file) ? { contents: readFileSync(file, "utf8") } : { error: `${path} not found; run npm ci` };
}

/** One compiler run per file, so that adding a contract cannot change the bytes of another. */
function compile(path) {
  const input = {
    language: "Solidity",
    sources: { [path]: { content: readFileSync(join(here, path), "utf8") } },
    settings: {
      evmVersion: "cancun",
      optimizer: { enabled: true, runs: 1000 },
      // No metadata trailer: the bytecode depends on the code alone, not on comments or paths.
      metadata: { appendCBOR: false, bytecodeHash: "none" },
      outputSelection: { [path]: { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: resolveImport }));
  for (const problem of output.errors ?? []) console.error(problem.formattedMessage);
  if ((output.errors ?? []).some((problem) => problem.severity === "error")) throw new Error(`${path} does not compile`);
  return output.contracts[path];
}

function artefact(contractName, contract) {
  const { abi, evm } = contract;
  return {
    contractName,
    abi,
    bytecode: { object: `0x${evm.bytecode.object}` },
    deployedBytecode: { object: `0x${evm.deployedBytecode.object}` },
  };
}

let stale = 0;
for (const path of sources()) {
  const name = path.replace(/^.*\//, "").replace(/\.sol$/, "");
  const text = `${JSON.stringify(artefact(name, compile(path)[name]), null, 2)}\n`;
  const target = join(here, path.replace(/\.sol$/, ".json"));
  const same = existsSync(target) && readFileSync(target, "utf8") === text;
  if (!check && !same) writeFileSync(target, text);
  if (check && !same) stale += 1;
  const runtime = (JSON.parse(text).deployedBytecode.object.length - 2) / 2;
  const digest = createHash("sha256").update(text).digest("hex");
  console.log(`${digest}  ${path.replace(/\.sol$/, ".json")}  ${runtime} bytes at run time${check && !same ? "  STALE" : ""}`);
}
if (stale > 0) {
  console.error(`${stale} committed artefact(s) differ from their source; run node build.mjs`);
  process.exit(1);
}
