// Prints what the program computed, as JSON; a home that is no page starts here.
import { program } from "./program.js";

console.log(JSON.stringify(await program()));
process.exit(0);
