// Compiles every generated Solidity sample; solc must have no error and no warning.
// Usage: node solidity.cjs FOLDER_OF_SOLC FOLDER_OF_SAMPLES
const fs = require("fs");
const path = require("path");

const [solcFolder, samples] = process.argv.slice(2).map((folder) => path.resolve(folder));
const solc = require(solcFolder);
const sources = {};
for (const name of fs.readdirSync(samples)) {
  const folder = path.join(samples, name, "solidity");
  for (const file of fs.readdirSync(folder)) {
    sources[`${name}/${file}`] = { content: fs.readFileSync(path.join(folder, file), "utf8") };
  }
}
const settings = { outputSelection: { "*": { "*": ["abi"] } } };
const output = JSON.parse(solc.compile(JSON.stringify({ language: "Solidity", sources, settings })));
const messages = (output.errors ?? []).map((error) => error.formattedMessage);
messages.forEach((message) => console.error(message));
console.log(`solc ${solc.version()}: ${Object.keys(sources).length} files, ${messages.length} messages`);
process.exit(messages.length === 0 ? 0 : 1);
