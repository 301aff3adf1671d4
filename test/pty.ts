// For tests that need a terminal: whether one can be opened here. A container without /dev/pts has none.

function opens(): boolean {
  try {
    new Bun.Terminal({}).close();
    return true;
  } catch {
    return false;
  }
}

export const hasTerminals = opens();
if (!hasTerminals)
  console.log("terminals: what is asked and shown on one is not tested, as none can be opened here");
