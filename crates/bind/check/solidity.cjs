// Compiles every generated Solidity sample; solc must have no error and no warning. With `--errors` warnings are left out:
// names of others may shadow what Solidity knows.
// Usage: node solidity.cjs FOLDER_OF_SOLC FOLDER_OF_SAMPLES [--errors]
const fs = require("fs");
const path = require("path");

const [solcFolder, samples] = process.argv.slice(2, 4).map((folder) => path.resolve(folder));
const onlyErrors = process.argv.includes("--errors");
const solc = require(solcFolder);
const sources = {};
for (const name of fs.readdirSync(samples)) {
  const folder = path.join(samples, name, "solidity");
  if (!fs.existsSync(folder)) continue;
  for (const file of fs.readdirSync(folder)) {
    sources[path.join(folder, file)] = { content: fs.readFileSync(path.join(folder, file), "utf8") };
  }
}
const settings = { outputSelection: { "*": { "*": ["abi"] } } };
/** Files that the compiler takes at once; more than some thousand are too many for its memory. */
const AT_ONCE = 250;
const files = Object.entries(sources);
const messages = [];
for (let from = 0; from < files.length; from += AT_ONCE) {
  const some = Object.fromEntries(files.slice(from, from + AT_ONCE));
  const output = JSON.parse(solc.compile(JSON.stringify({ language: "Solidity", sources: some, settings })));
  const counted = (output.errors ?? []).filter((error) => !onlyErrors || error.severity === "error");
  messages.push(...counted.map((error) => error.formattedMessage));
}
messages.forEach((message) => console.error(message));
console.log(`solc ${solc.version()}: ${files.length} files, ${messages.length} messages`);
process.exit(messages.length === 0 ? 0 : 1);
