// Runs beside the sound card: hands on what the microphone gives, a sixteenth of a second at a time.

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

const BLOCK = 2048;

class Recorder extends AudioWorkletProcessor {
  private block = new Float32Array(BLOCK);
  private filled = 0;

  process([input]: Float32Array[][]): boolean {
    const samples = input![0];
    if (samples === undefined) return true;
    for (const sample of samples) {
      this.block[this.filled++] = sample;
      if (this.filled < BLOCK) continue;
      this.port.postMessage(this.block, [this.block.buffer]);
      this.block = new Float32Array(BLOCK);
      this.filled = 0;
    }
    return true;
  }
}

registerProcessor("recorder", Recorder);
