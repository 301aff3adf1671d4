// Turns of the event loop. Promises settle, finalizers run and a driver's objects go only when the program lets it
// turn; a loop that never awaits has to be kept from piling up what waits for that.

export class Turns {
  private awaited = false;
  /** What `note` was told of since the last turn. */
  private noted = 0;

  constructor(private readonly onTurn: () => void = () => {}) {}

  /** Counts one more of what waits for a turn; returns how many there are since the last one. */
  note(): number {
    if (!this.awaited) {
      this.awaited = true;
      setTimeout(() => {
        this.awaited = false;
        this.noted = 0;
        this.onTurn();
      }, 0);
    }
    return ++this.noted;
  }

  get sinceTurn(): number {
    return this.noted;
  }
}
