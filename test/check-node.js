// The first thing that the npm scripts run: what follows cannot be read by an old node. Plain JavaScript for that reason.
const NEEDED = "22.19";
const TESTED = "26";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const [neededMajor = 0, neededMinor = 0] = NEEDED.split(".").map(Number);

if (major < neededMajor || (major === neededMajor && minor < neededMinor)) {
  process.stderr.write(`Node.js ${NEEDED} or newer is needed, this is ${process.versions.node}\n`);
  process.exit(1);
}

if (String(major) !== TESTED) {
  process.stderr.write(
    `This is Node.js ${process.versions.node}, the project is tested with Node.js ${TESTED}\n`,
  );
}
